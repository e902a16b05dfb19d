using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Compares the codec's view of a header with the reference reader's.</summary>
internal static class Agreement
{
    /// <summary>Fails, with the seed or whatever names the case, where the two disagree.</summary>
    public static void Check(ReadOnlySpan<byte> bytes, string what)
    {
        var reference = ReferenceReader.Read(bytes);
        var difference = Difference(Header.Decode(Whole(bytes, reference.ClusterSize)), reference);
        Assert.True(difference is null, $"{what}: {difference}");
    }

    /// <summary>The bytes to the end of their first cluster, zeros where there are none, as QEMU reads a short file.</summary>
    public static byte[] Whole(ReadOnlySpan<byte> bytes, int clusterSize)
    {
        var whole = new byte[Math.Max(bytes.Length, clusterSize)];
        bytes.CopyTo(whole);
        return whole;
    }

    /// <summary>The first disagreement in words, or null.</summary>
    public static string? Difference(Header header, ReferenceHeader reference)
    {
        foreach (var field in HeaderFields.All)
        {
            if (header.Has(field) != reference.Present.Contains(field.Name) || header[field] != reference[field.Name])
            {
                return $"{field.Name}: {header.Has(field)} {header[field]}, reference {reference[field.Name]}";
            }
        }

        var list = header.Extensions;
        if (list.Start != reference.HeaderLength || header.ClusterSize != reference.ClusterSize)
        {
            return $"list starts at {list.Start} of {header.ClusterSize}, reference {reference.HeaderLength} of {reference.ClusterSize}";
        }

        if (list.Items.Length != reference.Extensions.Length)
        {
            return $"{list.Items.Length} extensions, reference {reference.Extensions.Length}";
        }

        for (var i = 0; i < list.Items.Length; i++)
        {
            var (item, expected) = (list.Items[i], reference.Extensions[i]);
            if (item.Magic != expected.Magic || item.Offset != expected.Offset || list.EndOf(i) != expected.End
                || !header.DataOf(item).SequenceEqual(expected.Payload.AsSpan()))
            {
                return $"extension {i}: {item}, reference {expected}";
            }
        }

        return (list.Problem is null) != (reference.ListProblem is null) ? $"list: {list.Problem}, reference {reference.ListProblem}"
            : list.IsMalformed != (reference.IsListReachable && reference.ListProblem is not null) ? "malformed"
            : list.ItemsEnd != reference.ItemsEnd || list.TailEnd != reference.TailEnd
                ? $"list ends at {list.ItemsEnd}, {list.TailEnd}; reference {reference.ItemsEnd}, {reference.TailEnd}"
            : reference.IsListReachable && list.AreaEnd != reference.AreaEnd ? $"area ends at {list.AreaEnd}, reference {reference.AreaEnd}"
            : header.HasBackingFile != reference.BackingName.HasValue ? "backing file"
            : !header.BackingFileName.SequenceEqual((reference.BackingName ?? []).AsSpan()) ? "backing name"
            : null;
    }
}
