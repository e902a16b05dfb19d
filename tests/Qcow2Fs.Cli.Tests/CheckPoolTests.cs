using System.Text;
using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>check of folders, of several sources and of standard input.</summary>
[Trait("Category", "Slow")]
public class CheckPoolTests
{
    private static readonly byte[] s_good = Sized(new HeaderBuilder());
    private static readonly byte[] s_bad = Sized(new HeaderBuilder().Field("incompatible_features", 1UL << 60));
    private static readonly byte[] s_overlay = Sized(new HeaderBuilder().Extension(0xe2792aca, "qcow2").Backing("../good.qcow2"));

    [Fact]
    public void A_folder_is_walked_by_name_and_the_last_line_counts()
    {
        using var pool = new TempDirectory();
        Directory.CreateDirectory(pool["b"]);
        Write(pool, s_bad, "c", "a.qcow2", "b/z", "b/a b", "B");
        Write(pool, s_good, "good.qcow2");
        Write(pool, "notes"u8.ToArray(), "notes.txt", "raw.img");
        var result = Program.Run("check", "--json", pool.Path).Expect(Program.Found);
        Assert.Equal(["B", "a.qcow2", "b/a b", "b/z", "c", "good.qcow2", "raw.img"],
            Names(result).Select(name => Path.GetRelativePath(pool.Path, name)));
        Assert.Equal("7 images: 6 with errors\n", result.Error);
    }

    [Fact]
    public void Sources_keep_their_order()
    {
        using var pool = new TempDirectory();
        Write(pool, s_good, "a", "b", "c");
        Assert.Equal([pool["c"], pool["a"], pool["b"]], Names(Program.Run("check", "--json", pool["c"], pool["a"], pool["b"]).Expect()));
    }

    [Fact]
    public void Order_holds_for_more_images_than_are_kept()
    {
        using var pool = new TempDirectory();
        string[] names = [.. Enumerable.Range(0, 500).Select(i => $"{i:d4}")];
        Write(pool, s_good, names);
        Assert.Equal(names, Names(Program.Run("check", "--json", pool.Path).Expect()).Select(n => Path.GetFileName(n)!));
    }

    [Fact]
    public void An_empty_folder_is_good()
    {
        using var pool = new TempDirectory();
        var result = Program.Run("check", pool.Path).Expect();
        Assert.Equal(("", "0 images\n"), (result.Output, result.Error));
    }

    [Fact]
    public void Nothing_outside_of_a_folder_is_opened()
    {
        using var outside = new TempDirectory();
        using var pool = new TempDirectory();
        Write(outside, s_bad, "bad.qcow2");
        Directory.CreateSymbolicLink(pool["folder"], outside.Path);
        File.CreateSymbolicLink(pool["link.qcow2"], outside["bad.qcow2"]);
        Write(pool, Sized(new HeaderBuilder().Extension(0xe2792aca, "qcow2").Backing(outside["bad.qcow2"])), "overlay.qcow2");
        var result = Program.Shell("exec strace -f -qq -o \"$2\" -e trace=%file qcow2fs check \"$1\"",
            pool.Path, outside["trace"]).Expect();
        Assert.StartsWith($"{pool["overlay.qcow2"]}: reference: ", result.Output);
        Assert.Equal("1 image: 0 with errors\n", result.Error);
        Assert.DoesNotContain(outside["bad.qcow2"], File.ReadAllText(outside["trace"]));
        // Named itself, a link is followed: the user chose it.
        Program.Run("check", pool["link.qcow2"]).Expect(Program.Found);
    }

    [Fact]
    public void The_gate_does_not_pass_what_it_cannot_judge()
    {
        using var pool = new TempDirectory();
        File.CreateSymbolicLink(pool["link.qcow2"], "/etc/passwd");
        Program.Run("check", "--untrusted", pool.Path).Expect(Program.Refused);
        File.Delete(pool["link.qcow2"]);
        Program.Shell("mkfifo \"$1\"", pool["fifo.img"]).Expect();
        Program.Run("check", "--untrusted", pool.Path).Expect(Program.Refused);
        Program.Run("check", pool.Path).Expect();
        File.Delete(pool["fifo.img"]);

        // A service that gives a folder must not take "nothing was judged" for "all is good".
        using var other = new TempDirectory();
        Write(other, s_good, "good");
        Assert.EndsWith($"qcow2fs: {pool.Path}: has no file to judge\n",
            Program.Run("check", "--untrusted", pool.Path, other["good"]).Expect(Program.Refused).Error);
        Assert.Equal("", Program.Run("check", "-q", "--untrusted", pool.Path).Expect(Program.Refused).Error);
        File.WriteAllText(pool["upload.vmdk"], "KDMV");
        Assert.EndsWith("[format-vmdk]\n", Program.Run("check", "--untrusted", pool.Path).Expect(Program.Found).Output);
        Program.Run("check", pool.Path).Expect();
    }

    [Fact]
    public void The_summary_counts_all_that_makes_the_status_3()
    {
        using var pool = new TempDirectory();
        Write(pool, s_good, "good");
        Write(pool, s_bad, "bad");
        Write(pool, new HeaderBuilder().Field("autoclear_features", 1ul << 63).Build(), "warned");
        Assert.EndsWith("3 images: 1 with errors, 1 with other findings that count\n",
            Program.Run("check", pool.Path).Expect(Program.Found).Error);
    }

    // A service takes a name from an upload: the link could lead to a file of the service.
    [Fact]
    public void The_gate_does_not_follow_a_source_that_is_a_link()
    {
        using var pool = new TempDirectory();
        using var outside = new TempDirectory();
        Write(outside, s_good, "good.qcow2");
        File.CreateSymbolicLink(pool["file"], outside["good.qcow2"]);
        Directory.CreateSymbolicLink(pool["folder"], outside.Path);
        Program.AssertRefused(Program.Run("check", "--untrusted", pool["file"]),
            "file: the image is a symbolic link, which is not followed");
        Program.AssertRefused(Program.Run("check", "--untrusted", pool["folder"]), "folder: the image is a symbolic link");
        Program.Run("check", "--untrusted", Path.Combine(pool["folder"], "good.qcow2")).Expect();
        Program.Run("check", pool["file"], pool["folder"]).Expect();
    }

    [Fact]
    public void A_source_that_cannot_be_read_does_not_stop_the_others()
    {
        using var pool = new TempDirectory();
        Write(pool, s_bad, "bad");
        Write(pool, s_overlay, "overlay");
        var result = Program.Run("check", "--json", pool["missing"], pool["bad"], pool["overlay"]).Expect(Program.Refused);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Contains("No such file", lines[0].GetProperty("failure").GetString());
        Assert.Equal("unknown-features", lines[1].GetProperty("findings")[0].GetProperty("rule").GetString());
        Assert.Equal([false, false, true], lines.Select(line => line.GetProperty("passes").GetBoolean()));
        Assert.EndsWith("3 images: 1 with errors, 1 could not be read\n", result.Error);
        Assert.Contains("\"passes\":false", Program.Run("check", "--json", "--untrusted", pool["overlay"]).Expect(Program.Found).Output);
        Assert.Contains("\"passes\":true", Program.Run("check", "--json", "--untrusted", "--allow", "backing-file",
            pool["overlay"]).Expect().Output);
    }

    [Fact]
    public void A_ring_is_found_in_a_folder_by_each_of_its_images()
    {
        using var pool = new TempDirectory();
        Directory.CreateDirectory(pool["sub"]);
        Write(pool, Sized(new HeaderBuilder().Extension(0xe2792aca, "qcow2").Backing("sub/b")), "a");
        Write(pool, Sized(new HeaderBuilder().Extension(0xe2792aca, "qcow2").Backing("../a")), "sub/b");
        Write(pool, Sized(new HeaderBuilder().Extension(0xe2792aca, "qcow2").Backing("file:a")), "into");
        Write(pool, s_good, "good.qcow2");
        Write(pool, s_overlay, "sub/plain");
        var result = Program.Run("check", pool.Path).Expect(Program.Found);
        Assert.Equal(["a", "into", "sub/b"], result.Output.Split('\n').Where(l => l.EndsWith("[loop]", StringComparison.Ordinal))
            .Select(l => Path.GetRelativePath(pool.Path, l[..l.IndexOf(": ", StringComparison.Ordinal)])));
    }

    [Fact]
    public void A_ring_of_ten_thousand_images_is_found_by_all_and_by_chain()
    {
        using var pool = new TempDirectory();
        for (var i = 0; i < 10000; i++)
        {
            File.WriteAllBytes(pool[$"{i}"],
                new HeaderBuilder().ClusterBits(9).Extension(0xe2792aca, "qcow2").Backing($"{(i + 1) % 10000}").Build());
        }

        File.WriteAllBytes(pool["into"], new HeaderBuilder().ClusterBits(9).Extension(0xe2792aca, "qcow2").Backing("5").Build());
        var loops = Program.Run("check", pool.Path).Expect(Program.Found).Output.Split('\n')
            .Where(line => line.EndsWith("[loop]", StringComparison.Ordinal)).ToArray();
        Assert.Equal(10001, loops.Length);
        Assert.Contains(loops, line => line.EndsWith("/into: error: backing_file: the chain of backing files comes back to '5' [loop]",
            StringComparison.Ordinal));
        Assert.Contains(loops, line => line.EndsWith("/77: error: backing_file: the chain of backing files comes back to '77' [loop]",
            StringComparison.Ordinal));
        Assert.Contains("10001 in rings", Program.Run("chain", pool.Path).Expect(Program.Found).Error);
    }

    [Theory]
    [InlineData("good", "", 0)]
    [InlineData("bad", "", 3)]
    [InlineData("bad", "--fail-on note", 0)]
    [InlineData("bad", "--fail-on reference,error", 3)]
    [InlineData("bad", "--fail-on severe", 2)]
    [InlineData("overlay", "", 0)]
    [InlineData("overlay", "--fail-on reference", 3)]
    [InlineData("overlay", "--untrusted", 3)]
    [InlineData("overlay", "--untrusted --allow backing-file", 0)]
    [InlineData("overlay", "--untrusted --allow backing", 2)]
    [InlineData("overlay", "--allow backing-file", 2)]
    [InlineData("good", "--max-virtual-size 32K", 0)]
    [InlineData("good", "--max-virtual-size 16K", 3)]
    [InlineData("good", "--max-virtual-size big", 2)]
    [InlineData("missing", "", 1)]
    public void The_exit_status_says_what_counts(string image, string options, int status)
    {
        using var pool = new TempDirectory();
        Write(pool, s_good, "good");
        Write(pool, s_bad, "bad");
        Write(pool, s_overlay, "overlay");
        var words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Program.Run(["check", .. words, pool[image]]).Expect(status);
        var quiet = Program.Run(["check", "-q", .. words, pool[image]]).Expect(status);
        Assert.True(status == Program.WrongUse || quiet.Output + quiet.Error == "", quiet.ToString());
    }

    [Fact]
    public void Standard_input_is_judged_whole()
    {
        using var image = TestImage.Of("snapshots");
        using var json = JsonDocument.Parse(Program.RunWith(image.Bytes, "check", "--json", "--untrusted", "-").Expect().Output);
        Assert.Equal("-", json.RootElement.GetProperty("image").GetString());
        Assert.Equal(4 << 20, json.RootElement.GetProperty("virtual_size").GetInt64());
        Assert.Contains("IMAGE features", Program.RunWith(s_bad, "check", "-").Expect(Program.Found).Output);
        Program.RunWith([], "check", "-").Expect(Program.Found);
        var result = Program.RunWith(s_good, "check", "--max-input", "64K", "-").Expect(Program.Refused);
        Assert.Contains("-: standard input has more than 65536 bytes", result.Error);
        Program.RunWith(s_good, "check", "-", "-").Expect(Program.WrongUse);
    }

    [Fact]
    public void Hostile_names_reach_no_terminal_and_hints_can_be_pasted()
    {
        // A name of a folder is bytes, which .NET cannot write.
        const string Make = """
            cd "$1" && for name in "$(printf 'a\nb')" "$(printf '\033[31mred')" "$(printf '\377')" "it's \$(x)" -rf nbd:x; do
            cp good "./$name"; done; rm good
            """;
        using var pool = new TempDirectory();
        Write(pool, s_bad, "good");
        try
        {
            Program.Shell(Make, pool.Path).Expect();
            AssertHarmless(pool.Path);
        }
        finally
        {
            // .NET cannot remove the name that is not UTF-8.
            Program.Shell("rm -f \"$1\"/*", pool.Path);
        }
    }

    [Fact]
    public void A_name_that_is_not_UTF8_is_never_another_file()
    {
        using var pool = new TempDirectory();
        Write(pool, s_good, "\ufffd");
        var missing = Program.Shell("cd \"$1\" && qcow2fs check \"$(printf '\\377')\"", pool.Path).Expect(Program.Refused);
        Assert.Contains(@"\xff: ", missing.Error);
        var given = Program.Shell(
            "cd \"$1\" && n=$(printf '\\377') && cp * \"$n\" && qcow2fs check --json \"$n\" && rm \"$n\"", pool.Path).Expect();
        Assert.Contains("\"image_bytes\":\"ff\"", given.Output);
    }

    [Fact]
    public void A_hint_for_the_command_line_works_in_a_shell()
    {
        using var pool = new TempDirectory();
        Write(pool, s_bad, "a b'c.qcow2", "-x");
        var output = Program.Shell("cd \"$1\" && qcow2fs check -- -x \"a b'c.qcow2\"", pool.Path).Expect(Program.Found).Output;
        var hints = output.Split('\n').Where(l => l.StartsWith("    ", StringComparison.Ordinal)).Select(l => l.Split(" && ")[0]);
        Program.Shell("cd \"$1\" && eval \"$2\" && qcow2fs check .", pool.Path, string.Join('\n', hints)).Expect();
    }

    [Fact]
    public void A_terminal_shows_progress_and_it_is_gone_at_the_end()
    {
        using var pool = new TempDirectory();
        Write(pool, s_good, [.. Enumerable.Range(0, 300).Select(i => $"{i}")]);
        var result = Program.Shell("script -qec 'qcow2fs check '\"$1\" /dev/null", pool.Path).Expect();
        Assert.Contains("\r", result.Output);
        Assert.EndsWith("\r\u001b[K300 images: 0 with errors\r\n", result.Output);
        Assert.DoesNotContain("\r", Program.Run("check", pool.Path).Expect().Error);
    }

    private static void AssertHarmless(string pool)
    {
        var result = Program.Shell("cd \"$1\" && qcow2fs check .", pool).Expect(Program.Found);
        Assert.DoesNotContain(result.Output + result.Error, c => char.IsControl(c) && c != '\n');
        var hints = result.Output.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(6, hints.Length);
        var script = string.Join('\n', hints.Select(hint => hint[..hint.IndexOf(" && ", StringComparison.Ordinal)]));
        Assert.Contains(@"qcow2fs rm $'./\xff' features/incompatible/60", script);
        Assert.Contains(@"qcow2fs rm './it'\''s $(x)' features/incompatible/60", script);
        var json = Program.Run("check", "--json", pool).Expect(Program.Found).Output;
        Assert.Contains($"\"image_bytes\":\"{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(pool + "/"))}ff\"", json);
    }

    private static byte[] Sized(HeaderBuilder header)
    {
        var bytes = header.Build();
        Array.Resize(ref bytes, 8 << 16);
        return bytes;
    }

    private static void Write(TempDirectory pool, byte[] bytes, params string[] names)
    {
        foreach (var name in names)
        {
            File.WriteAllBytes(pool[name], bytes);
        }
    }

    private static IEnumerable<string> Names(ToolResult result) => result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("image").GetString()!);
}
