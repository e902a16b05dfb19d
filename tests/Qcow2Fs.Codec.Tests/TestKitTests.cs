using System.Diagnostics;
using FsCheck.Xunit;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>The oracle is itself looked at: it must see every difference that matters, and none that does not.</summary>
public class TestKitTests
{
    public static TheoryData<string> Fields => [.. ReferenceField.All.Select(f => f.Name).Except(["backing_file_offset"])];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Another_field_value_is_another_content(string name)
    {
        var a = Plain().HeaderLength((uint)ReferenceField.FullLength).Build();
        var b = (byte[])a.Clone();
        b[ReferenceField.Named(name).Offset + ReferenceField.Named(name).Width - 1] ^= 1;
        Assert.NotNull(Difference(a, b));
    }

    [Fact]
    public void Order_count_magic_payload_name_and_header_bytes_matter()
    {
        byte[][] all =
        [
            Plain().Build(),
            Plain().Extension(7, "a").Build(),
            Plain().Extension(7, "b").Build(),
            Plain().Extension(8, "a").Build(),
            Plain().Extension(7, "a").Extension(7, "a").Build(),
            Plain().Extension(7, "a").Extension(8, "a").Build(),
            Plain().Extension(8, "a").Extension(7, "a").Build(),
            Plain().Backing("name").Build(),
            Plain().Backing("nome").Build(),
            Plain().Backing("").Build(),
            Plain().HeaderLength(120).Build(),
            Plain().HeaderLength(120).Poke(119, 1).Build(),
            Plain().Poke(105, 1).Build(),
            Plain().Version(2).Build(),
            Plain().Extension(7, [], claimed: 9999).Build(),
        ];
        Assert.All(all, a => Assert.All(all, b =>
            Assert.Equal(ReferenceEquals(a, b), ReferenceHeader.SameContent(ReferenceReader.Read(a), ReferenceReader.Read(b)))));
    }

    [Fact]
    public void Skip_padding_junk_end_marker_and_the_name_s_place_do_not_matter()
    {
        var plain = Plain().Extension(7, "a").Backing("name").Build();
        byte[][] same =
        [
            Plain().Extension(ReferenceExtension.SkipMagic, new byte[100]).Extension(7, "a").Backing("name").Build(),
            Plain().Extension(7, [0x61], padding: 0xff).Backing("name").Build(),
            Plain().Extension(7, "a").End([1, 2, 3]).Backing("name").Build(),
            Plain().Extension(7, "a").NoEnd().Backing("name").Build(),
            Plain().Extension(7, "a").BackingAt(300, "name"u8.ToArray()).Junk().Build(),
        ];
        Assert.All(same, bytes => Assert.Null(Difference(plain, bytes)));
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void Any_bytes_are_read_and_the_same_bytes_mean_the_same(HostileHeader hostile)
    {
        var header = ReferenceReader.Read(hostile.Bytes);
        Assert.True(ReferenceHeader.SameContent(header, ReferenceReader.Read(Agreement.Whole(hostile.Bytes, header.ClusterSize))));
        Assert.Equal(header.ClusterSize, header.UsedMap(header.ClusterSize).Length);
    }

    [Fact]
    public void The_same_seed_makes_the_same_header()
    {
        Assert.Equal(HeaderGenerator.Next(new(5)), HeaderGenerator.Next(new(5)));
        Assert.Equal(MutatedHeader.Next(new(5)), MutatedHeader.Next(new(5)));
        Assert.NotEqual(HeaderGenerator.Next(new(5)), HeaderGenerator.Next(new(6)));
    }

    [Fact]
    public void Generated_headers_are_of_every_kind()
    {
        var headers = Enumerable.Range(0, 4000).Select(seed => ReferenceReader.Read(HeaderGenerator.Next(new(seed)))).ToList();
        Assert.Equal(Enumerable.Range(9, 13).Select(b => 1 << b), headers.Select(h => h.ClusterSize).Distinct().Order());
        Assert.Equal([2ul, 3ul], headers.Select(h => h["version"]).Distinct().Order());
        Assert.Contains(headers, h => h.Extensions.Length > 100);
        Assert.Contains(headers, h => h.HeaderLength % 8 != 0);
        Assert.Contains(headers, h => h.HeaderLength > 3000);
        Assert.Contains(headers, h => h.EndPayload is { Length: > 0 });
        Assert.Contains(headers, h => h.EndPayload is null && h.ItemsEnd == h.ClusterSize);
        Assert.Contains(headers, h => h.Extensions.Length > 0 && (h.Extensions[^1].End - h.HeaderLength) % 8 != 0);
        Assert.Contains(headers, h => h.BackingNameOffset > 0 && h.BackingNameOffset < h.HeaderLength);
        Assert.Contains(headers, h => h.BackingName is { } name && h["backing_file_size"] > (ulong)name.Length);
        Assert.Contains(headers, h => h.Extensions.GroupBy(e => e.Magic).Any(g => g.Count() > 1));
    }

    [Fact]
    public void A_tool_that_takes_too_long_is_killed_with_its_children()
    {
        var watch = Stopwatch.StartNew();
        Assert.Throws<TimeoutException>(() =>
            Tool.Run(new ProcessStartInfo("sh", ["-c", "sleep 60 & sleep 60"]), limit: TimeSpan.FromSeconds(0.3)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_tool_gets_its_input_and_its_answers_are_kept_apart()
    {
        var result = Tool.Run(new ProcessStartInfo("sh", ["-c", "cat; echo wrong >&2; exit 3"]), "text"u8.ToArray());
        Assert.Equal((3, "text", "wrong\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Throws<InvalidOperationException>(() => result.Expect());
        Assert.Contains("no-such-tool", Assert.Throws<InvalidOperationException>(() => Tool.Run("no-such-tool")).Message,
            StringComparison.Ordinal);
    }

    private static HeaderBuilder Plain() => new HeaderBuilder().ClusterBits(9);

    private static string? Difference(byte[] a, byte[] b) => ReferenceHeader.Difference(ReferenceReader.Read(a), ReferenceReader.Read(b));
}
