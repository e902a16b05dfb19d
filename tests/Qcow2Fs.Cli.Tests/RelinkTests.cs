using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>relink; what the images name afterwards is read by qemu-img and by the reader that is not ours.</summary>
[Trait("Category", "Slow")]
public class RelinkTests
{
    [Fact]
    public void Whole_components_are_replaced()
    {
        Assert.Equal("/new/pool/a", Backing("/old/pool/a"));
        Assert.Equal("/new/pool", Backing("/old/pool"));
        Assert.Equal("file:/new/pool/a", Backing("file:/old/pool/a"));
        Assert.Equal("/old/pool2/a", Backing("/old/pool2/a"));
        Assert.Equal("/x/old/pool/a", Backing("/x/old/pool/a"));
        Assert.Equal("old/pool/a", Backing("old/pool/a"));
        Assert.Equal("/new/a", Backing("/old/pool/a", "/old/pool/", "/new/"));
        Assert.Equal("/new/old/pool/a", Backing("/old/pool/a", "/", "/new"));
        Assert.Equal("/pool/a", Backing("/old/pool/a", "/old", "/"));
        Assert.Equal("sub/base.raw", Backing("base.raw", "base.raw", "sub/base.raw"));
    }

    [Theory]
    [InlineData("""json:{"driver":"raw", "file":{"driver":"file","filename":"/old/pool/a"}}""",
        """json:{"driver":"raw", "file":{"driver":"file","filename":"/new/pool/a"}}""")]
    [InlineData("""json:{"driver":"raw","file.filename":"\/old\/pool\/a"}""", """json:{"driver":"raw","file.filename":"/new/pool/a"}""")]
    [InlineData("""json:{"filename":"/old/pool"}""", """json:{"filename":"/new/pool"}""")]
    [InlineData("""json:{"file":{"filename":"/old/pool2/a"}}""", """json:{"file":{"filename":"/old/pool2/a"}}""")]
    public void The_file_of_a_json_name_is_replaced_and_nothing_else(string name, string expected) =>
        Assert.Equal(expected, Backing(name));

    [Theory]
    [InlineData("""json:{"file":{"filename":"/a"},"backing":{"file":{"filename":"/old/pool/b"}}}""")]
    [InlineData("""json:{"file":{"filename":"/old/pool/a"},"backing":{"file":{"filename":"/old/pool/b"}}}""")]
    [InlineData("""json:{"file":[{"filename":"/old/pool/a"}]}""")]
    [InlineData("json:{'file':{'filename':'/old/pool/a'}}")]
    [InlineData("""json:{"file":{"driver":"nbd","path":"nbd://host/old/pool"}}""")]
    public void The_old_name_elsewhere_in_a_json_name_is_refused(string name)
    {
        using var pool = new TempDirectory();
        var bytes = Write(pool, "a", name);
        Program.AssertRefused(Program.Run("relink", "/old/pool", "/new/pool", pool["a"]), "json: name");
        Assert.Equal(bytes, File.ReadAllBytes(pool["a"]));
    }

    [Fact]
    public void QEMU_finds_the_files_in_their_new_folder()
    {
        using var pool = new TempDirectory();
        Directory.CreateDirectory(pool["old"]);
        QemuImg.Do("create", "-q", "-f", "qcow2", pool["old/base.qcow2"], "1M");
        QemuImg.Do("create", "-q", "-f", "qcow2", "-b", pool["old/base.qcow2"], "-F", "qcow2", pool["old/top.qcow2"]);
        QemuImg.Do("create", "-q", "-f", "qcow2", "-o", $"data_file={pool["old/data.raw"]}", pool["old/data.qcow2"], "1M");
        Directory.Move(pool["old"], pool["new"]);
        Assert.NotEqual(0, QemuImg.Run("check", pool["new/top.qcow2"]).ExitCode + QemuImg.Run("check", pool["new/data.qcow2"]).ExitCode);
        var result = Program.Run("relink", pool["old"], pool["new"], pool["new"]).Expect();
        Assert.Equal("3 images: 2 changed\n", result.Error);
        Assert.Equal(
            $"{pool["new/data.qcow2"]}: data_file: '{pool["old/data.raw"]}' -> '{pool["new/data.raw"]}'\n"
            + $"{pool["new/top.qcow2"]}: backing_file: '{pool["old/base.qcow2"]}' -> '{pool["new/base.qcow2"]}'\n", result.Output);
        QemuImg.Do("check", pool["new/top.qcow2"]);
        QemuImg.Do("check", pool["new/data.qcow2"]);
        Assert.Equal("0 changed", Program.Run("relink", pool["old"], pool["new"], pool["new"]).Expect().Error.Trim().Split(": ")[1]);
    }

    [Fact]
    public void Refusals_are_listed_and_stop_nothing()
    {
        using var files = new TempDirectory();
        using var pool = new TempDirectory();
        var old = files["old"];
        Directory.CreateDirectory(old);
        QemuImg.Do("create", "-q", "-f", "raw", files["old/base"], "1M");
        for (var i = 0; i < 200; i++)
        {
            Write(pool, $"{i:d3}", files["old/base"]);
        }

        QemuImg.Do("create", "-q", "-f", "qcow2", "-b", files["old/base"], "-F", "raw", pool["050-used"], "1M");
        Write(pool, "060-full", $"{old}/{new string('x', 950)}");
        File.WriteAllBytes(pool["070-far"], new HeaderBuilder().BackingAt(1 << 17, "/old/base"u8.ToArray()).Build());
        File.WriteAllBytes(pool["080-cut"], new HeaderBuilder().Build()[..40]);
        File.WriteAllText(pool["090-notes"], "/old/base");
        File.CreateSymbolicLink(pool["100-link"], "/etc/passwd");
        string[] refused = ["050-used", "060-full", "070-far"];
        var kept = refused.ToDictionary(name => name, name => File.ReadAllBytes(pool[name]));
        var @new = "/new" + new string('y', 100);
        using (new Holder(pool["050-used"]))
        {
            var trial = Program.Run("relink", "-n", old, @new, pool.Path).Expect(Program.Refused);
            Assert.Equal(files["old/base"], Name(pool["000"]));
            var result = Program.Run("relink", old, @new, pool.Path).Expect(Program.Refused);
            Assert.Equal(trial.Output, result.Output);
            Assert.Equal(trial.Error, result.Error.Replace("200 changed", "200 would be changed", StringComparison.Ordinal));
            var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(refused, lines[..^1].Select(line => Path.GetFileName(line.Split(": ")[1])));
            Assert.Equal("204 images: 200 changed, 3 refused", lines[^1]);
        }

        Assert.All(kept, file => Assert.Equal(file.Value, File.ReadAllBytes(pool[file.Key])));
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal($"{@new}/base", Name(pool[$"{i:d3}"])));
    }

    [Fact]
    public void Odd_bytes_in_names_are_kept()
    {
        using var pool = new TempDirectory();
        Write(pool, "image", "/old/base");
        const string Script = """
            cd "$1" && o=$(printf '/o\377\n\033 d') && n=$(printf 'n\376 w') && f=$(printf 'a\nb\033[31m\375 c') && mv image "$f" &&
            qcow2fs write "$f" backing_file "$o/base" && qcow2fs relink "$o" "$n" . &&
            qcow2fs cat "$f" backing_file | od -An -tx1; rm -f -- *
            """;
        var result = Program.Shell(Script, pool.Path).Expect();
        Assert.EndsWith(" 6e fe 20 77 2f 62 61 73 65 0a\n", result.Output);
        Assert.StartsWith(@"./a?b?[31m\xfd c: backing_file: '/o\xff??", result.Output);
    }

    [Fact]
    public void A_commit_is_one_flush()
    {
        using var pool = new TempDirectory();
        Write(pool, "a", "/old/base");
        Program.Shell("exec strace -f -qq -o \"$2\" -e trace=pwrite64,fdatasync qcow2fs relink /old /new \"$1\"",
            pool["a"], pool["trace"]).Expect();
        var calls = File.ReadAllLines(pool["trace"]);
        Assert.Single(calls, line => line.Contains("pwrite64", StringComparison.Ordinal));
        Assert.Single(calls, line => line.Contains("fdatasync", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "/new")]
    [InlineData("/old", "")]
    public void An_empty_name_is_wrong_use(string old, string @new)
    {
        using var pool = new TempDirectory();
        Write(pool, "a", "/old/base");
        Program.AssertRefused(Program.Run("relink", old, @new, pool["a"]), "is empty", Program.WrongUse);
    }

    private static string Backing(string name, string old = "/old/pool", string @new = "/new/pool")
    {
        using var pool = new TempDirectory();
        Write(pool, "a", name);
        Program.Run("relink", old, @new, pool["a"]).Expect();
        return Name(pool["a"]);
    }

    private static string Name(string path) =>
        System.Text.Encoding.UTF8.GetString(ReferenceReader.Read(File.ReadAllBytes(path)).BackingName!.Value.AsSpan());

    private static byte[] Write(TempDirectory pool, string name, string backing)
    {
        var bytes = new HeaderBuilder().Extension(0xe2792aca, "raw").Backing(backing).Build();
        File.WriteAllBytes(pool[name], bytes);
        return bytes;
    }
}
