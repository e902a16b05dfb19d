using FsCheck.Xunit;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

public class DecodeTests
{
    private const int Cases = 12_000;

    [Trait("Category", "Slow")]
    [Fact]
    public void Good_headers_decode_as_the_reference_reader_says() => ForEachSeed(6, seed =>
    {
        var bytes = HeaderGenerator.Next(new(seed));
        Agreement.Check(bytes, $"HeaderGenerator seed {seed}");
        var reference = ReferenceReader.Read(bytes);
        Assert.True(reference.ListProblem is null, $"HeaderGenerator seed {seed} makes a malformed list: {reference.ListProblem}");
        return reference.Extensions.Length;
    });

    // Malformed, lost and good lists, and short files, must all be among them.
    [Trait("Category", "Slow")]
    [Fact]
    public void Hostile_headers_decode_as_the_reference_reader_says() => ForEachSeed(5, seed =>
    {
        var bytes = MutatedHeader.Next(new(seed));
        Agreement.Check(bytes, $"MutatedHeader seed {seed}");
        var reference = ReferenceReader.Read(bytes);
        return (reference.ListProblem is null ? 0 : reference.IsListReachable ? 1 : 2) + (bytes.Length < reference.ClusterSize ? 3 : 0);
    });

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void Encoding_what_was_decoded_gives_the_same_bytes(GeneratedHeader good, HostileHeader hostile)
    {
        Assert.Equal(good.Bytes, Header.Decode(good.Bytes).Bytes.ToArray());
        Assert.Equal([.. hostile.Bytes, .. new byte[Math.Max(0, 512 - hostile.Bytes.Length)]],
            Header.Decode(hostile.Bytes).Bytes.ToArray());
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void A_header_keeps_its_own_copy_of_the_bytes(GeneratedHeader good)
    {
        var bytes = (byte[])good.Bytes.Clone();
        var header = Header.Decode(bytes);
        bytes.AsSpan().Fill(0xee);
        Assert.Equal(good.Bytes, header.Bytes.ToArray());
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void What_lies_behind_the_used_length_means_nothing(HostileHeader hostile)
    {
        var reference = ReferenceReader.Read(hostile.Bytes);
        var bytes = Agreement.Whole(hostile.Bytes, reference.ClusterSize);
        var header = Header.Decode(bytes);
        Assert.InRange(header.UsedLength, 72, bytes.Length);
        new Random(hostile.Seed).NextBytes(bytes.AsSpan(header.UsedLength));
        var difference = ReferenceHeader.Difference(reference, ReferenceReader.Read(bytes));
        Assert.True(difference is null, $"{hostile}: {difference}");
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void The_used_length_is_no_longer_than_what_is_used(GeneratedHeader good, HostileHeader hostile)
    {
        foreach (var bytes in new[] { good.Bytes, hostile.Bytes })
        {
            var reference = ReferenceReader.Read(bytes);
            var header = Header.Decode(Agreement.Whole(bytes, reference.ClusterSize));
            var used = Array.LastIndexOf(reference.UsedMap(reference.ClusterSize), true) + 1;
            Assert.Equal(header.Extensions.IsMalformed ? used : Math.Max(ReferenceField.FullLength, used), header.UsedLength);
        }
    }

    public static TheoryData<int> TruncationSeeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(TruncationSeeds))]
    public void Every_truncation_decodes(int seed)
    {
        var whole = HeaderGenerator.Next(new(seed));
        for (var length = 0; length <= Math.Min(whole.Length, 1500); length++)
        {
            var bytes = whole.AsSpan(0, length);
            var header = Header.Decode(bytes);
            Assert.True(header.Bytes.Span.StartsWith(bytes));
            Touch(header);
            Agreement.Check(bytes, $"seed {seed} cut to {length}");
        }
    }

    [Fact]
    public void The_table_of_fields_is_the_specification_s()
    {
        Assert.Equal(
            ReferenceField.All.Select(f => (f.Name, f.Offset, f.Width, f.Since, f.Absent)),
            HeaderFields.All.Select(f => (f.Name, f.Offset, f.Width, f.Since, f.Absent)));
        Assert.Equal((72, 104, 112), (HeaderFields.Version2Length, HeaderFields.Version3MinLength, HeaderFields.Version3Length));
        Assert.All(HeaderFields.All, f => Assert.Same(f, HeaderFields.All.Find(f.Name)));
        Assert.Null(HeaderFields.All.Find("Magic"));
    }

    [Fact]
    public void Bytes_behind_the_first_cluster_are_kept_and_mean_nothing()
    {
        byte[] bytes = [.. new HeaderBuilder().ClusterBits(9).Extension(7, new byte[392]).NoEnd().Build(), 0, 0, 0, 9, 0, 0, 0, 1, 5];
        var header = Header.Decode(bytes);
        Assert.Equal(bytes, header.Bytes.ToArray());
        Assert.Single(header.Extensions.Items);
        Assert.Null(header.Extensions.Problem);
    }

    // Everything that a caller can ask of any header.
    private static void Touch(Header header)
    {
        Assert.InRange(header.UsedLength, 0, header.Bytes.Length);
        Assert.InRange(header.FreeBytes, 0, header.Bytes.Length);
        var total = header.BackingFileName.Length + header.MalformedBytes.Length;
        foreach (var item in header.Extensions.Items)
        {
            total += header.DataOf(item).Length;
            Assert.InRange(header.LastIndexOf(item.Magic), 0, header.Extensions.Items.Length - 1);
        }

        Assert.InRange(total, 0, 2 * header.Bytes.Length);
    }

    // A run is new each time and says its seed; the answers of the body show that the cases are not all of one kind.
    private static void ForEachSeed(int kinds, Func<int, int> body)
    {
        var first = Seed.First;
        var seen = new int[1024];
        for (var i = 0; i < Cases; i++)
        {
            seen[body(first + i)]++;
        }

        Assert.True(seen.Count(n => n > Cases / 200) >= kinds, $"seeds from {first}: the cases are all alike");
    }
}
