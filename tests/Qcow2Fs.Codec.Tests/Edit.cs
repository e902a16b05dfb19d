using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>One edit in three forms that know nothing of each other: the codec's, the model's and the reference reader's.</summary>
/// <param name="Text">A description for messages.</param>
/// <param name="Apply">What the codec shall do.</param>
/// <param name="Model">The expected parts.</param>
/// <param name="Expected">The expected content of a header that is not refused.</param>
/// <param name="Refusal">The expected refusal, where it does not depend on the room.</param>
internal sealed record Edit(
    string Text,
    Func<Header, Header> Apply,
    Action<EditModel> Model,
    Func<ReferenceHeader, ReferenceHeader> Expected,
    HeaderError? Refusal = null)
{
    /// <summary>Applies the edit and checks everything that every structural edit promises. Returns the refusal or null.</summary>
    public HeaderError? Check(byte[] bytes, string seed)
    {
        var what = $"{seed}: {Text}";
        var header = Header.Decode(bytes);
        var model = new EditModel(bytes);
        if (Refusal is null)
        {
            Model(model);
        }

        var expected = Refusal is null ? model.Compose() : null;
        Header result;
        try
        {
            result = Apply(header);
        }
        catch (HeaderException e)
        {
            Assert.True(e.Error == (Refusal ?? HeaderError.NoRoom), $"{what}: {e.Error} {e.Message}");
            Assert.True(expected is null, $"{what}: refused although it fits: {e.Message}");
            Assert.True(header.Bytes.Span.SequenceEqual(bytes), $"{what}: a refused edit changed its input");
            Assert.False(string.IsNullOrWhiteSpace(e.Message) || e.Message.EndsWith('.'), $"{what}: {e.Message}");
            return e.Error;
        }

        Assert.True(header.Bytes.Span.SequenceEqual(bytes), $"{what}: the edit changed its input");
        Assert.True(Refusal is null, $"{what}: not refused with {Refusal}");
        Assert.True(expected is not null, $"{what}: not refused although there is no room");
        var actual = result.Bytes.ToArray();
        AssertContent(what, ReferenceReader.Read(bytes), actual);
        AssertBytesOutside(what, bytes, actual);
        var same = actual.AsSpan().CommonPrefixLength(expected);
        Assert.True(same == expected.Length && actual.Length == expected.Length, $"{what}: byte {same} is not as expected");
        Assert.Null(Agreement.Difference(result, ReferenceReader.Read(actual)));
        return null;
    }

    private void AssertContent(string what, ReferenceHeader before, byte[] actual)
    {
        var after = ReferenceReader.Read(actual);
        Assert.True(after.ListProblem is null, $"{what}: the result is malformed: {after.ListProblem}");
        var difference = ReferenceHeader.Difference(Expected(before), after);
        Assert.True(difference is null, $"{what}: expected and actual content differ in {difference}");
    }

    // Bytes that neither header uses stay; bytes that only the old one used become zero.
    private static void AssertBytesOutside(string what, byte[] before, byte[] after)
    {
        var (old, now) = (ReferenceReader.Read(before).UsedMap(before.Length), ReferenceReader.Read(after).UsedMap(before.Length));
        for (var i = 0; i < before.Length; i++)
        {
            if (!now[i] && after[i] != (old[i] ? 0 : before[i]))
            {
                Assert.Fail($"{what}: byte {i} was {before[i]} ({(old[i] ? "used" : "free")}) and is {after[i]}");
            }
        }
    }
}
