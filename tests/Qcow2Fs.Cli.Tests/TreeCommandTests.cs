using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

public class TreeCommandTests
{
    [Fact]
    public void Ls_lists_the_tree_that_a_mount_shows()
    {
        using var image = TestImage.Of("everything");
        Assert.Equal("header\nfeatures\nextensions\nbacking_file\nbacking_format\nl1\nl2\n" +
            "refcount_table\nrefcounts\nheader.bin\nheader.orig.bin\nheader.json\nlayout\nproblems\nlast_error\n",
            WithoutDirectories(Program.Run("ls", image.Path).Expect().Output));
        Assert.Equal(string.Concat(ReferenceField.All.Where(f => f.IsIn(112)).Select(f => f.Name + "\n")),
            Program.Run("ls", image.Path, "header").Expect().Output);
        Assert.Equal("incompatible/\ncompatible/\nautoclear/\n", Program.Run("ls", "-p", image.Path, "/features/").Expect().Output);
        Assert.Equal("header/size\n", Program.Run("ls", image.Path, "header/size").Expect().Output);
    }

    [Fact]
    public void Ls_l_says_what_things_are()
    {
        using var image = TestImage.Of("lazy-refcounts");
        Assert.Contains("-rw-r--r--        8 size                     virtual disk size in bytes\n",
            Program.Run("ls", "-l", image.Path, "header").Expect().Output);
        Assert.Contains("      384 0x6803f857               Feature table, at 0x70\n",
            Program.Run("ls", "-l", image.Path, "extensions").Expect().Output);
        Assert.Contains(" lazy_refcounts           lazy refcounts\n",
            Program.Run("ls", "-l", image.Path, "features/compatible").Expect().Output);
        Assert.Contains("drwxr-xr-x        - header ", Program.Run("ls", "-l", image.Path).Expect().Output);
        using var encrypted = TestImage.Of(new HeaderBuilder().Extension(0x0537be77, new byte[16]).Build());
        Assert.Contains(" offset                   offset of the LUKS header\n",
            Program.Run("ls", "-l", encrypted.Path, "encryption").Expect().Output);
    }

    [Fact]
    public void Ls_shows_no_control_character_of_the_image()
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, "features/compatible/7", "\u001b[31mred").Expect();
        Assert.Contains("?[31mred", Program.Run("ls", "-l", image.Path, "features/compatible").Expect().Output);
    }

    [Fact]
    public void Cat_prints_bytes()
    {
        using var image = TestImage.Of("backing-raw");
        Assert.Equal(image.Bytes[..65536], Program.Bytes("cat", image.Path, "header.bin"));
        Assert.Equal(image.Header.Extensions[0].Payload.ToArray(),
            Program.Bytes("cat", image.Path, $"extensions/0x{image.Header.Extensions[0].Magic:x8}"));
        Assert.Equal("raw\n", Program.Run("cat", image.Path, "/backing_format").Expect().Output);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("header/size", "1G", "size", 1ul << 30)]
    [InlineData("header/size", "0x1000\n", "size", 4096ul)]
    [InlineData("header/l1_size", "0b101", "l1_size", 5ul)]
    [InlineData("features/compatible/63", "", "compatible_features", 1ul << 63)]
    [InlineData("features/incompatible/dirty", "", "incompatible_features", 1ul)]
    [InlineData("header/version", "2", "header_length", 72ul)]
    public void Write_gives_a_text_file_a_value(string path, string value, string field, ulong expected)
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, path, value).Expect();
        Assert.Equal(expected, image.Header[field]);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Write_creates_what_did_not_exist()
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, "backing_file", "base.raw").Expect();
        Program.Run("write", image.Path, "backing_format", "raw").Expect();
        Program.Run("write", image.Path, "extensions/0xABC", "payload").Expect();
        Program.Run("write", image.Path, "extensions/0xabc.2", "").Expect();
        Program.Run("write", image.Path, "features/compatible/5", "my feature").Expect();
        Assert.Equal("base.raw\n", Program.Run("cat", image.Path, "backing_file").Expect().Output);
        Assert.Equal("payload", Program.Run("cat", image.Path, "extensions/0x00000abc").Expect().Output);
        Assert.Equal("", Program.Run("cat", image.Path, "extensions/0x00000abc.2").Expect().Output);
        Assert.Equal("my feature\n", Program.Run("cat", image.Path, "features/compatible/5").Expect().Output);
        Assert.Equal("raw", QemuImg.Info(image.Path).GetProperty("backing-filename-format").GetString());
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Write_takes_standard_input_byte_for_byte()
    {
        using var image = TestImage.Of("default");
        byte[] payload = [0, 1, 0xff, (byte)'\n', (byte)'\n'];
        Program.RunWith(payload, "write", image.Path, "extensions/0x1", "-").Expect();
        Assert.Equal(payload, Program.Bytes("cat", image.Path, "extensions/0x1"));
        Program.RunWith([0xff, 0xfe, (byte)'\n'], "write", image.Path, "backing_file", "-").Expect();
        Assert.Equal([0xff, 0xfe], image.Header.BackingName!.Value.ToArray());
        var header = image.Bytes[..65536];
        Program.Run("write", image.Path, "header/version", "77").Expect();
        Program.RunWith(header, "write", image.Path, "header.bin", "-").Expect();
        Assert.Equal(header, image.Bytes[..65536]);
    }

    [Theory]
    [InlineData("header/size", "")]
    [InlineData("header/size", "\n")]
    [InlineData("backing_file", "\n")]
    public void An_empty_text_changes_nothing(string path, string value)
    {
        using var image = TestImage.Of("default");
        var before = image.Bytes;
        Program.Run("write", image.Path, path, value).Expect();
        Assert.Equal(before, image.Bytes);
    }

    [Fact]
    public void Rm_removes_each_and_goes_on_after_a_refusal()
    {
        using var image = TestImage.Of("lazy-refcounts");
        Program.Run("write", image.Path, "extensions/0x1", "a").Expect();
        Program.Run("write", image.Path, "extensions/0x1.2", "b").Expect();
        var result = Program.Run("rm", image.Path, "extensions/0x1", "header/size", "nothing", "extensions/0x1.2",
            "features/compatible/0").Expect(Program.Refused);
        Assert.Equal(2, result.Error.Count(c => c == '\n'));
        Assert.Contains($"qcow2fs: {image.Path}: header/size: ", result.Error);
        Assert.Contains($"qcow2fs: {image.Path}: nothing: ", result.Error);
        Assert.Equal([0x6803f857u], image.Header.Extensions.Select(e => e.Magic));
        Assert.Equal(0ul, image.Header["compatible_features"]);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Mv_renames_and_replaces()
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, "extensions/0x1", "one").Expect();
        Program.Run("write", image.Path, "extensions/0x2", "two").Expect();
        Program.Run("mv", image.Path, "extensions/0x1", "extensions/0x2").Expect();
        Assert.Equal("one", Program.Run("cat", image.Path, "extensions/0x2").Expect().Output);
        Assert.Equal(2, image.Header.Extensions.Length);
        Program.Run("write", image.Path, "features/incompatible/60", "").Expect();
        Program.Run("mv", image.Path, "features/incompatible/60", "features/compatible/").Expect();
        Assert.Equal((0ul, 1ul << 60), (image.Header["incompatible_features"], image.Header["compatible_features"]));
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("header/size", "12x", "header/size: ")]
    [InlineData("header/l1_size", "0x100000000", "header/l1_size: ")]
    [InlineData("header/nothing", "1", "header/nothing: ")]
    [InlineData("extensions/0x0", "x", "extensions/0x0: ")]
    [InlineData("extensions", "x", "extensions: ")]
    [InlineData("", "x", "is a directory")]
    [InlineData("encryption/offset", "1", "encryption/offset: ")]
    [InlineData("problems", "1", "problems: ")]
    [InlineData("backing_format", "0123456789abcdef", "backing_format: ")]
    [InlineData("features/compatible/64", "", "features/compatible/64: ")]
    public void A_refused_write_says_the_path_and_changes_nothing(string path, string value, string sentence)
    {
        using var image = TestImage.Of("default");
        var before = image.Bytes;
        Program.AssertRefused(Program.Run("write", image.Path, path, value), $"qcow2fs: {image.Path}: {sentence}");
        Assert.Equal(before, image.Bytes);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_anything_is_written()
    {
        using var image = TestImage.Of("cluster-512");
        var before = image.Bytes;
        Program.AssertRefused(Program.RunWith(new byte[400], "write", image.Path, "extensions/0x5", "-"), "extensions/0x5: ");
        Program.AssertRefused(Program.RunWith(new byte[1 << 20], "write", image.Path, "header.bin", "-"), "header.bin: ");
        Assert.Equal(before, image.Bytes);
    }

    [Fact]
    public void A_short_encryption_extension_is_no_reason_to_crash()
    {
        using var image = TestImage.Of(new HeaderBuilder().Extension(0x0537be77, [1, 2, 3]).Build());
        Program.AssertRefused(Program.Run("write", image.Path, "encryption/offset", "1"), "encryption/offset: ");
        Program.AssertRefused(Program.Run("cat", image.Path, "encryption/offset"), "encryption/offset: ");
    }

    private static string WithoutDirectories(string list) =>
        list.Replace("snapshots\n", "", StringComparison.Ordinal).Replace("bitmaps\n", "", StringComparison.Ordinal);
}
