namespace Qcow2Fs.Cli.Tests;

public class WrongUseTests
{
    public static IEnumerable<object[]> Wrong =>
    [
        [Array.Empty<string>()],
        [new[] { "frobnicate" }],
        [new[] { "ls" }],
        [new[] { "ls", "a", "b", "c" }],
        [new[] { "cat", "image" }],
        [new[] { "write", "image", "header/size" }],
        [new[] { "write", "image", "header/size", "1", "2" }],
        [new[] { "rm", "image" }],
        [new[] { "mv", "image", "a" }],
        [new[] { "check" }],
        [new[] { "rm", "image", "header/size", "-f" }],
        [new[] { "-x", "image", "dump-header" }],
        [new[] { "dump-header" }],
        [new[] { "image", "dump-header", "more" }],
        [new[] { "image", "set-header", "size" }],
        [new[] { "image", "add-header-ext", "1" }],
        [new[] { "image", "add-header-ext-stdio" }],
        [new[] { "image", "del-header-ext" }],
        [new[] { "image", "set-feature-bit", "compatible" }],
        [new[] { "--frob" }],
        [new[] { "create", "image" }],
        [new[] { "umount" }],
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_words_are_said_in_one_sentence(string[] words) =>
        Program.AssertRefused(Program.Run(words), "--help", Program.WrongUse);

    [Theory]
    [InlineData("", "no command is given; qcow2fs --help")]
    [InlineData("chek", "there is no command 'chek'; did you mean check?")]
    [InlineData("chek image", "there is no command 'chek'; did you mean check?")]
    [InlineData("unmount m", "there is no command 'unmount'; did you mean umount?")]
    [InlineData("dump-headers image", "there is no command 'dump-headers'; did you mean dump-header?")]
    [InlineData("chekc image", "there is no command 'chekc'; did you mean check?")]
    [InlineData("dump image", "there is no command 'dump'; did you mean dump-header?")]
    [InlineData("check --untrust text", "there is no option '--untrust'; did you mean --untrusted?")]
    [InlineData("rm --frce image header/size", "there is no option '--frce'; did you mean --force?")]
    [InlineData("check --jsn image", "there is no option '--jsn'; did you mean --json?")]
    [InlineData("check --max 5 text", "there is no option '--max'; try qcow2fs check --help")]
    [InlineData("umount --lazy m", "there is no option '--lazy'; try qcow2fs umount --help")]
    [InlineData("check --frobnicate text", "there is no option '--frobnicate'; try qcow2fs check --help")]
    [InlineData("frobnicate", "there is no command 'frobnicate'; try qcow2fs --help")]
    [InlineData("missing.qcow2 m", "there is no command 'missing.qcow2'; try qcow2fs --help")]
    [InlineData("missing.qcow2 m ro", "there is no command 'missing.qcow2'; try qcow2fs --help")]
    [InlineData("/etc/passwd", "there is no command '/etc/passwd'; try qcow2fs --help")]
    [InlineData("[suggest] ls", "there is no command '[suggest]'; try qcow2fs --help")]
    public void An_unknown_command_or_option_is_named_with_the_one_that_it_resembles(string line, string sentence) =>
        Program.AssertRefused(Program.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), $"qcow2fs: {sentence}\n",
            Program.WrongUse);

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("text m", "text is not a qcow2 image")]
    [InlineData("./missing.qcow2 m", "./missing.qcow2: ")]
    [InlineData("mount missing.qcow2 m", "missing.qcow2: ")]
    [InlineData("missing.qcow2 m -o ro", "missing.qcow2: ")]
    [InlineData("mount m m", "m is not a qcow2 image")]
    public void A_source_that_cannot_be_mounted_is_named(string line, string sentence)
    {
        using var directory = new TestKit.TempDirectory();
        var result = Program.Shell($"cd \"$1\" && echo text > text && echo text > m && qcow2fs {line}", directory.Path);
        Program.AssertRefused(result, sentence);
    }

    [Theory]
    [InlineData("IMAGE", "cat")]
    [InlineData("PATH", "cat", "disk.qcow2")]
    [InlineData("VALUE", "write", "disk.qcow2", "header/size")]
    [InlineData("MOUNTPOINT", "umount")]
    [InlineData("SOURCE", "rescue")]
    public void A_missing_argument_is_named(string name, params string[] arguments) =>
        Program.AssertRefused(Program.Run(arguments), $"{name} is missing; try qcow2fs {arguments[0]} --help", Program.WrongUse);

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("ls", "{0}")]
    [InlineData("cat", "{0}", "header/size")]
    [InlineData("write", "{0}", "header/size", "1")]
    [InlineData("rm", "{0}", "backing_file")]
    [InlineData("mv", "{0}", "extensions/0x1", "extensions/0x2")]
    [InlineData("check", "{0}")]
    [InlineData("dump-header", "{0}")]
    [InlineData("dump-header-exts", "{0}")]
    [InlineData("set-header", "{0}", "size", "1")]
    [InlineData("add-header-ext", "{0}", "1", "x")]
    [InlineData("add-header-ext-stdio", "{0}", "1")]
    [InlineData("del-header-ext", "{0}", "1")]
    [InlineData("set-feature-bit", "{0}", "compatible", "1")]
    public void What_is_no_file_is_refused_with_its_name(params string[] words)
    {
        using var directory = new TestKit.TempDirectory();
        // A folder has images to check.
        string[] folder = words[0] == "check" ? [] : [directory.Path];
        foreach (var path in new[] { directory["missing"], "/dev/null", directory["missing/further"] }.Concat(folder))
        {
            Program.AssertRefused(Program.Run([.. words.Select(w => w.Replace("{0}", path, StringComparison.Ordinal))]), path);
        }
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("write", "{0}", "header/size", "1")]
    [InlineData("rm", "{0}", "features/compatible/1")]
    [InlineData("mv", "{0}", "features/compatible/1", "features/compatible/2")]
    [InlineData("set-header", "{0}", "size", "1")]
    [InlineData("add-header-ext", "{0}", "1", "x")]
    [InlineData("del-header-ext", "{0}", "1")]
    [InlineData("set-feature-bit", "{0}", "compatible", "1")]
    public void A_file_that_is_no_image_is_read_but_changed_only_with_force(params string[] words)
    {
        using var image = TestImage.Of("Some notes, and no image at all.\n"u8.ToArray());
        string[] filled = [.. words.Select(w => w.Replace("{0}", image.Path, StringComparison.Ordinal))];
        Program.AssertRefused(Program.Run(filled), "is not a qcow2 image (its magic is 0x536f6d65); --force changes it all the same");
        Assert.Equal("Some notes, and no image at all.\n"u8.ToArray(), image.Bytes);
        Program.Run("dump-header", image.Path).Expect();
        Assert.Equal("0x536f6d65\n", Program.Run("cat", image.Path, "header/magic").Expect().Output);
    }

    [Fact]
    public void Names_that_look_like_options_of_another_system_are_names()
    {
        using var image = TestImage.Of("default");
        foreach (var name in new[] { "/h", "/?", "@x", "[x]" })
        {
            Program.AssertRefused(Program.Run("ls", image.Path, name), $"qcow2fs: {image.Path}: {name}: no such file in the image tree");
        }
    }

    [Fact]
    public void A_folder_named_by_a_dot_is_named_in_the_hint()
    {
        using var image = TestImage.Of("default");
        var result = Program.Shell("cd \"$1\" && qcow2fs ls .", Path.GetDirectoryName(image.Path)!);
        Program.AssertRefused(result, ". is a folder; to check all images in it, use: qcow2fs check .\n");
    }

    [Fact]
    public void With_force_the_magic_can_be_put_back()
    {
        using var image = TestImage.Of("default");
        var before = image.Bytes;
        Program.Run("write", image.Path, "header/magic", "0").Expect();
        Program.Run("write", "--force", image.Path, "header/magic", "0x514649fb").Expect();
        Assert.Equal(before, image.Bytes);
    }

    [Fact]
    public void An_image_that_nobody_may_write_can_be_read()
    {
        using var image = TestImage.Of("default");
        TestKit.Tool.Run("chmod", "400", image.Path).Expect();
        Program.Run("dump-header", image.Path).Expect();
        Program.Run("cat", image.Path, "header/size").Expect();
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void A_full_disk_behind_standard_output_is_a_failure()
    {
        using var image = TestImage.Of("default");
        foreach (var command in new[] { "dump-header $1", "cat $1 header.bin", "ls $1", "check $1" })
        {
            var result = Program.Shell($"qcow2fs write $1 header/nb_snapshots 70000; qcow2fs {command} >/dev/full",
                image.Path).Expect(Program.Refused);
            Assert.StartsWith("qcow2fs: ", result.Error);
        }
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("cat {0} nothing", Program.Refused)]
    [InlineData("cat {0}", Program.WrongUse)]
    [InlineData("frobnicate", Program.WrongUse)]
    [InlineData("rm {0} header/size nothing", Program.Refused)]
    [InlineData("check {0}.missing", Program.Refused)]
    public void A_full_disk_behind_standard_error_keeps_the_exit_status(string words, int status)
    {
        using var image = TestImage.Of("default");
        var result = Program.Shell($"qcow2fs {words.Replace("{0}", image.Path, StringComparison.Ordinal)} 2>/dev/full").Expect(status);
        Assert.Equal("", result.Output + result.Error);
    }
}
