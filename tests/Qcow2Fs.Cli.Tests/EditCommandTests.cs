using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

[Trait("Category", "Slow")]
public class EditCommandTests
{
    /// <summary>Each word, in qcow2.py's order, does its work and nothing else.</summary>
    [Theory]
    [InlineData("default")]
    [InlineData("cluster-512")]
    [InlineData("v2-512")]
    [InlineData("luks-v2")]
    [InlineData("backing-512")]
    [InlineData("data-file")]
    [InlineData("everything")]
    public void An_edit_changes_what_it_names_and_keeps_the_rest(string name)
    {
        using var image = TestImage.Of(name);
        var first = image.Header;
        var isVersion2 = first["version"] == 2;
        Program.Run(image.Path, "set-header", "nb_snapshots", "0x10").Expect();
        AssertSame(first, image, "nb_snapshots");
        Program.Run(image.Path, "set-header", "nb_snapshots", $"{first["nb_snapshots"]}").Expect();
        if (isVersion2)
        {
            Program.AssertRefused(Program.Run(image.Path, "set-feature-bit", "compatible", "5"), "version 2 has no feature bits");
        }
        else
        {
            Program.Run(image.Path, "set-feature-bit", "compatible", "5").Expect();
            Assert.Equal(first["compatible_features"] | 32, image.Header["compatible_features"]);
        }

        Program.Run(image.Path, "add-header-ext", "0x12345678", "text").Expect();
        Program.Run("add-header-ext", image.Path, "305419896", "").Expect();
        Program.RunWith([0, 0xff, 10], image.Path, "add-header-ext-stdio", "0x1").Expect();
        Assert.Equal([.. first.Extensions.Select(e => e.Magic), 0x12345678u, 0x12345678u, 1u],
            image.Header.Extensions.Select(e => e.Magic));
        Assert.Equal([0, 0xff, 10], image.Header.Extensions[^1].Payload.ToArray());
        Assert.Null(image.Header.ListProblem);

        Program.Run(image.Path, "del-header-ext", "0x12345678").Expect();
        Program.Run("del-header-ext", image.Path, "1").Expect();
        AssertSame(first, image, "compatible_features");
    }

    [Fact]
    public void All_duplicates_go()
    {
        using var image = TestImage.Of(new HeaderBuilder().Extensions(5, 7, 3).Extension(8, "x").Extensions(2, 7).Build());
        Program.Run("del-header-ext", image.Path, "7").Expect();
        Assert.Equal([8u], image.Header.Extensions.Select(e => e.Magic));
        Program.AssertRefused(Program.Run("del-header-ext", image.Path, "7"), "No such header extension");
    }

    [Fact]
    public void A_bitmaps_extension_survives_and_bitmaps_stay_good()
    {
        using var image = TestImage.Of("bitmap");
        Program.Run("del-header-ext", image.Path, "0x6803f857").Expect();
        Program.Run("add-header-ext", image.Path, "0x99", "x").Expect();
        QemuImg.Check(image.Path).Expect();
        Assert.Equal(1,
            QemuImg.Info(image.Path).GetProperty("format-specific").GetProperty("data").GetProperty("bitmaps").GetArrayLength());
    }

    [Theory]
    [InlineData("set-header", "{0}", "nothing", "1", "'nothing' is not a known header field")]
    [InlineData("set-header", "{0}", "header/size", "1", "'header/size' is not a known header field")]
    [InlineData("set-header", "{0}", "size", "", "size: '' is not a number")]
    [InlineData("set-header", "{0}", "size", "-1", "size: '-1' is not a number")]
    [InlineData("set-header", "{0}", "l1_size", "4294967296", "l1_size: ")]
    [InlineData("set-feature-bit", "{0}", "compatible", "64", "'64' is not a valid bit number in range [0, 64)")]
    [InlineData("set-feature-bit", "{0}", "compatible", "x", "x: ")]
    [InlineData("set-feature-bit", "{0}", "any", "1", "'any' is not a valid group, try 'incompatible', 'compatible', or 'autoclear'")]
    [InlineData("add-header-ext", "{0}", "x", "t", "x: ")]
    [InlineData("add-header-ext", "{0}", "0", "t", "magic 0 ends the list")]
    [InlineData("add-header-ext", "{0}", "0x100000000", "t", "32 bits")]
    [InlineData("add-header-ext", "{0}", "0x51324653", "t", "own")]
    [InlineData("del-header-ext", "{0}", "0x5", "", "No such header extension")]
    public void A_wrong_value_is_refused_and_nothing_changes(string command, string image, string first, string second, string sentence)
    {
        using var made = TestImage.Of("default");
        var before = made.Bytes;
        string[] words = [command, image.Replace("{0}", made.Path, StringComparison.Ordinal), first, .. command == "del-header-ext"
            ? Array.Empty<string>() : [second]];
        Program.AssertRefused(Program.Run(words), sentence);
        Assert.Equal(before, made.Bytes);
    }

    [Fact]
    public void A_text_may_look_like_an_option()
    {
        using var image = TestImage.Of("default");
        Program.Run("add-header-ext", image.Path, "1", "-").Expect();
        Program.Run("add-header-ext", "--", image.Path, "2", "-j").Expect();
        Program.Run("add-header-ext", image.Path, "3", "@file").Expect();
        Assert.Equal(["-", "-j", "@file"],
            image.Header.Extensions.Skip(1).Select(e => System.Text.Encoding.ASCII.GetString(e.Payload.AsSpan())));
    }

    [Fact]
    public void A_refusal_of_the_whole_image_names_it()
    {
        using var image = TestImage.Of("default");
        using (new Holder(image.Path))
        {
            Program.AssertRefused(Program.Run("write", image.Path, "header/size", "1M"), $"qcow2fs: {image.Path}: another program ");
            Program.AssertRefused(Program.Run("del-header-ext", image.Path, "0x6803f857"), $"qcow2fs: {image.Path}: another program ");
        }

        var folder = Path.GetDirectoryName(image.Path)!;
        Program.AssertRefused(Program.Run("ls", folder),
            $"qcow2fs: {folder} is a folder; to check all images in it, use: qcow2fs check {folder}");
    }

    private static void AssertSame(ReferenceHeader expected, TestImage image, params string[] butFor) =>
        Assert.Null(ReferenceHeader.Difference(expected, image.Header, butFor));

    [Fact]
    public void Write_prints_whether_it_changed_the_image()
    {
        using var image = TestImage.Of("default");
        var before = image.Bytes;
        Assert.Equal("same\n", Program.Run("write", "--changed", image.Path, "header/size", "4M").Expect().Output);
        Assert.Equal("same\n", Program.Run("write", "--changed", image.Path, "header/size", "").Expect().Output);
        Assert.Equal(before, image.Bytes);
        Assert.Equal("changed\n", Program.Run("write", "--changed", image.Path, "header/size", "8M").Expect().Output);
        Assert.Equal(8UL << 20, image.Header["size"]);
        Assert.Equal("changed\n", Program.RunWith(before[..65536], "write", "--changed", image.Path, "header.bin", "-").Expect().Output);
        Assert.Equal("same\n", Program.RunWith(before[..65536], "write", "--changed", image.Path, "header.bin", "-").Expect().Output);
        Program.AssertRefused(Program.Run("write", "--changed", image.Path, "header/size", "much"), "not a number");
    }
}
