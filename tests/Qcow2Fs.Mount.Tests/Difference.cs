using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>Which bytes of an image an edit has changed, and which it was allowed to.</summary>
internal static class Difference
{
    /// <summary>The first place where two images differ, in words.</summary>
    public static string Of(byte[] before, byte[] after)
    {
        var at = before.AsSpan().CommonPrefixLength(after);
        return before.Length != after.Length ? $"{before.Length} bytes became {after.Length}"
            : at == before.Length ? "none"
            : $"byte {at} was {before[at]:x2} and is {after[at]:x2}, " +
                $"{Enumerable.Range(0, before.Length).Count(i => before[i] != after[i])} bytes in all";
    }

    /// <summary>Nothing but these bytes differs.</summary>
    public static void Is_within(byte[] before, byte[] after, int offset, int length)
    {
        var masked = after.ToArray();
        before.AsSpan(offset, length).CopyTo(masked.AsSpan(offset));
        Assert.True(before.AsSpan().SequenceEqual(masked), $"outside of {offset}+{length}: {Of(before, masked)}");
    }

    /// <summary>Nothing but bytes that a reader of the old or of the new header consumes differs, and what is free now is zero.</summary>
    public static void Is_live(byte[] before, byte[] after)
    {
        Assert.Equal(before.Length, after.Length);
        var (old, now) = (ReferenceReader.Read(before), ReferenceReader.Read(after));
        var (wasUsed, isUsed) = (old.UsedMap(before.Length), now.UsedMap(before.Length));
        for (var i = 0; i < before.Length; i++)
        {
            Assert.True(before[i] == after[i] || wasUsed[i] || isUsed[i],
                $"byte {i}, which nothing used, was {before[i]:x2} and is {after[i]:x2}");
            Assert.True(!wasUsed[i] || isUsed[i] || after[i] == 0, $"byte {i} is free now and still {after[i]:x2}");
        }
    }
}
