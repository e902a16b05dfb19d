using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class VersionTests
{
    [Theory]
    [InlineData("default")]
    [InlineData("lazy-refcounts")]
    [InlineData("backing")]
    [InlineData("backing-json")]
    [InlineData("backing-512")]
    [InlineData("snapshot")]
    [InlineData("preallocated")]
    public void Version_3_becomes_2_and_3_again_without_loss(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        mount.Do("printf abcde > extensions/0x1234; printf xyz > extensions/0xfeedbeef");
        var (original, before) = (mount.Bytes, mount.Header);

        mount.Do("echo 2 > header/version");
        var (lower, second) = (mount.Bytes, mount.Header);
        Assert.Equal("0.10", mount.Info().GetProperty("format-specific").GetProperty("data").GetProperty("compat").GetString());
        mount.Qemu_agrees();
        Difference.Is_live(original, lower);
        Assert.Equal("", mount.Do("ls features/*/* 2>/dev/null || true"));
        Assert.Equal(13, mount.Do("ls header").Count(c => c == '\n'));
        Same_but_for_the_version(before, second);

        mount.Do("echo 3 > header/version");
        var third = mount.Header;
        Assert.Equal("1.1", mount.Info().GetProperty("format-specific").GetProperty("data").GetProperty("compat").GetString());
        mount.Qemu_agrees();
        Difference.Is_live(lower, mount.Bytes);
        Assert.Equal("112\n4\n0x0\n0x0\n0x0\n0\n", mount.Do(
            "cat header/header_length header/refcount_order header/incompatible_features header/compatible_features " +
                "header/autoclear_features header/compression_type"));
        Assert.Null(ReferenceHeader.Difference(before, third, "compatible_features", "autoclear_features"));
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("v2-backing")]
    [InlineData("v2-512")]
    public void Version_2_of_QEMU_becomes_3_and_2_again_byte_by_byte(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        var original = mount.Bytes;
        mount.Do("echo 3 > header/version");
        mount.Qemu_agrees();
        mount.Do("echo 2 > header/version");
        Assert.Null(ReferenceHeader.Difference(ReferenceReader.Read(original), mount.Header));
        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("compression_type", "zstd")]
    [InlineData("extended_l2", "extended-l2")]
    [InlineData("refcount_order", "refcount-1")]
    [InlineData("external_data_file", "data-file")]
    public void Version_2_is_refused_where_it_cannot_say_it(string what, string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        var sentence = mount.Refuses("Invalid argument", "echo 2 > header/version");
        Assert.Contains(what == "refcount_order" ? what : "incompatible_features", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_2_is_refused_where_header_bytes_would_be_lost()
    {
        using var mount = MountedImage.Of(new HeaderBuilder().HeaderLength(128).Poke(120, 7));
        Assert.Contains("120", mount.Refuses("Invalid argument", "echo 2 > header/version"), StringComparison.Ordinal);
        Assert.Contains("120", mount.Refuses("Invalid argument", "echo 120 > header/header_length"), StringComparison.Ordinal);
        Assert.Contains("120", mount.Refuses("Invalid argument", "echo 104 > header/header_length"), StringComparison.Ordinal);
        mount.Do("echo 121 > header/header_length");
        mount.Refuses("Invalid argument", "echo 112 > header/header_length");
    }

    [Fact]
    public void Version_3_is_refused_where_its_header_has_no_room()
    {
        using var mount = MountedImage.Of(new HeaderBuilder().Version(2).ClusterBits(9).Extension(0x1234, new byte[385]));
        Assert.Matches("[0-9]+ bytes", mount.Refuses("No space left on device", "echo 3 > header/version"));
    }

    [Theory]
    [InlineData("default", 104)]
    [InlineData("default", 105)]
    [InlineData("default", 120)]
    [InlineData("default", 4096)]
    [InlineData("backing", 104)]
    [InlineData("backing", 113)]
    [InlineData("backing", 200)]
    [InlineData("backing-512", 104)]
    [InlineData("backing-512", 160)]
    [InlineData("bitmap", 144)]
    [InlineData("everything", 1024)]
    public void The_header_length_moves_the_list_and_comes_back(string recipe, int length)
    {
        using var mount = MountedImage.Of(recipe);
        if (recipe != "everything" && length < 105)
        {
            mount.Do("echo 0 > header/compression_type");
        }

        mount.Do("printf abcde > extensions/0x1234");
        var (original, before) = (mount.Bytes, mount.Header);
        mount.Do("echo $1 > header/header_length", $"{length}");
        var (moved, after) = (mount.Bytes, mount.Header);
        Assert.Equal(length, after.HeaderLength);
        Assert.Equal(before.Extensions.Select(e => e.Magic), after.Extensions.Select(e => e.Magic));
        Assert.Equal(before.Extensions.Select(e => Convert.ToHexString(e.Payload.AsSpan())),
            after.Extensions.Select(e => Convert.ToHexString(e.Payload.AsSpan())));
        Assert.Equal(before.BackingName?.ToArray(), after.BackingName?.ToArray());
        Difference.Is_live(original, moved);
        mount.Qemu_agrees();

        mount.Do("echo 112 > header/header_length");
        Assert.Null(ReferenceHeader.Difference(before, mount.Header));
        Difference.Is_live(moved, mount.Bytes);
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_header_length_that_leaves_no_room_is_refused()
    {
        using var mount = MountedImage.Of("backing");
        Assert.Matches("[0-9]+ bytes", mount.Refuses("No space left on device", "echo 65300 > header/header_length"));
        mount.Refuses("No space left on device", "echo 65536 > header/header_length");
    }

    [Fact]
    public void A_compression_type_that_a_shorter_header_would_lose_keeps_it_long()
    {
        using var mount = MountedImage.Of("zstd");
        mount.Refuses("Invalid argument", "echo 104 > header/header_length");
        mount.Do("echo 105 > header/header_length");
        mount.Qemu_agrees();
    }

    private static void Same_but_for_the_version(ReferenceHeader before, ReferenceHeader after)
    {
        Assert.Equal(before.Extensions.Select(e => e.Magic), after.Extensions.Select(e => e.Magic));
        Assert.All(before.Extensions.Zip(after.Extensions), p => Assert.True(p.First.SameAs(p.Second)));
        Assert.Equal(before.BackingName?.ToArray(), after.BackingName?.ToArray());
        Assert.All(ReferenceField.All.Where(f => f.Since == 2 && f.Name is not ("version" or "backing_file_offset")),
            f => Assert.Equal(before[f.Name], after[f.Name]));
    }
}
