using System.Globalization;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

public class TreeTests
{
    private static readonly string[] s_recipes =
    [
        "default", "v2", "v2-backing", "backing", "backing-json", "backing-512", "data-file", "bitmap", "bitmaps-4k",
        "zstd", "extended-l2", "snapshot", "cluster-2097152", "everything",
    ];

    public static TheoryData<string> Recipes => [.. s_recipes];

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Recipes))]
    public void The_tree_has_what_the_header_has_in_its_order(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        Tree_is_that_of_the_image(mount);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void A_header_of_104_bytes_has_no_compression_type()
    {
        using var mount = MountedImage.Of(new HeaderBuilder().HeaderLength(104).Extension(0x12345678, "abc"));
        Tree_is_that_of_the_image(mount);
        Assert.DoesNotContain("compression_type", mount.Do("ls header"), StringComparison.Ordinal);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void An_encrypted_image_says_where_its_luks_header_lies()
    {
        using var mount = MountedImage.Of("luks");
        Tree_is_that_of_the_image(mount);
        Assert.Equal(mount.Do("xxd -p extensions/0x0537be77"),
            mount.Do("printf '%016x%016x\\n' $(cat encryption/offset encryption/length)"));
        var before = mount.Bytes;
        mount.Do("old=$(cat encryption/length); echo 0x1000 > encryption/length; cat encryption/length; echo $old > encryption/length");
        mount.Image_is(before);
        mount.Refuses("Operation not permitted", "rm encryption/offset");
    }

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Recipes))]
    public void Each_size_is_exactly_what_a_reader_gets(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        var output = mount.Do("""find . -type f | while read -r f; do echo "$f $(stat -c %s "$f") $(cat "$f" | wc -c)"; done""");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).ToList();
        Assert.True(lines.Count > 15);
        Assert.All(lines, l => Assert.True(l[1] == l[2], $"{l[0]}: st_size {l[1]}, {l[2]} bytes read"));
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("0600", "600", "400", "700")]
    [InlineData("0664", "664", "444", "775")]
    [InlineData("0640", "640", "440", "750")]
    [InlineData("0444", "444", "444", "555")]
    [InlineData("0400", "400", "400", "500")]
    public void Modes_follow_the_image(string image, string writable, string readOnly, string directory)
    {
        using var mount = MountedImage.Of("default");
        Program.Shell("chmod $1 $2", image, mount.Image).Expect();
        Assert.Equal(
            [writable, writable, writable, readOnly, readOnly, directory, directory, directory],
            mount.Do("stat -c %a header/size header.bin extensions/0x6803f857 header.orig.bin last_error . header extensions")
                .Split('\n')[..^1]);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Owner_and_times_are_the_images()
    {
        using var mount = MountedImage.Of("default");
        Program.Shell("chown 1234:5678 $1; touch -d 2001-02-03T04:05:06.789 $1", mount.Image).Expect();
        var expected = Program.Shell("stat -c '%u %g %y' $1", mount.Image).Expect().Output;
        Assert.Equal(string.Concat(Enumerable.Repeat(expected, 3)), mount.Do("stat -c '%u %g %y' . header/size extensions"));
    }

    [Fact]
    public void A_file_that_nobody_may_write_is_an_error_for_an_ordinary_user()
    {
        using var mount = MountedImage.Of("default", "allow_other");
        Program.Shell("chmod 755 $1; chmod 444 $2", mount.Directory.Path, mount.Image).Expect();
        var before = mount.Bytes;
        var result = mount.Run("setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'cat header/size; echo 1 > header/size'");
        Assert.Equal("4194304\n", result.Output);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("ermission denied", result.Error, StringComparison.Ordinal);
        mount.Image_is(before);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("default")]
    [InlineData("backing-512")]
    [InlineData("cluster-2097152")]
    public void Df_tells_the_room_left_in_the_first_cluster(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        var header = mount.Header;
        var free = header.ClusterSize - header.TailEnd - (header.BackingName?.Length ?? 0);
        var shown = mount.Do("df -B1 --output=size,avail . | tail -n 1").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([header.ClusterSize, free], shown.Select(n => int.Parse(n, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Df_tells_the_truth()
    {
        using var mount = MountedImage.Of("cluster-512");
        var free = int.Parse(mount.Line("df -B1 --output=avail . | tail -n 1"), CultureInfo.InvariantCulture);
        mount.Refuses("No space left on device", "head -c $1 /dev/zero > $D/x; cp $D/x extensions/0x1", $"{free - 7}");
        mount.Do("head -c $1 /dev/zero > $D/x; cp $D/x extensions/0x1", $"{free - 8}");
        Assert.Equal("0", mount.Line("df -B1 --output=avail . | tail -n 1 | tr -d ' '"));
        mount.Qemu_agrees();
    }

    private static void Tree_is_that_of_the_image(MountedImage mount)
    {
        var header = mount.Header;
        var magics = header.Extensions.Select(e => e.Magic).ToHashSet();
        var has = new Dictionary<string, bool>
        {
            ["backing_file"] = header.BackingName is not null,
            ["backing_format"] = magics.Contains(0xe2792aca),
            ["data_file"] = magics.Contains(0x44415441),
            ["encryption"] = magics.Contains(0x0537be77),
        };
        string[] order =
        [
            "header", "features", "extensions", "backing_file", "backing_format", "data_file", "encryption", "bitmaps", "snapshots",
            "l1", "l2", "refcount_table", "refcounts", "header.bin", "header.orig.bin", "header.json", "layout", "problems",
            "last_error",
        ];
        var listed = List("ls -U");
        Assert.Equal(order.Where(name => has.GetValueOrDefault(name, true)), listed);
        Assert.Equal(ReferenceField.All.Where(f => header.Present.Contains(f.Name)).Select(f => f.Name), List("ls -U header"));
        Assert.Equal(header.Extensions.Select(e => $"0x{e.Magic:x8}"), List("ls -U extensions"));
        Assert.Equal(Bits(header["incompatible_features"], "dirty", "corrupt", "external_data_file", "compression_type", "extended_l2"),
            List("ls -U features/incompatible"));
        Assert.Equal(Bits(header["compatible_features"], "lazy_refcounts"), List("ls -U features/compatible"));
        Assert.Equal(Bits(header["autoclear_features"], "bitmaps", "raw_external_data"), List("ls -U features/autoclear"));

        string[] List(string command) => mount.Do(command).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<string> Bits(ulong word, params string[] known) =>
        Enumerable.Range(0, 64).Where(b => (word >> b & 1) != 0).Select(b => b < known.Length ? known[b] : $"{b}");
}
