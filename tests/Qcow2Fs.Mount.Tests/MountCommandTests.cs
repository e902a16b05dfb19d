using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>Mounts in the background, as people make them.</summary>
[Trait("Category", "Slow")]
public sealed class MountCommandTests : IDisposable
{
    private readonly MountDirectory _directory = new();

    private string Image => _directory["a.qcow2"];

    public static TheoryData<string, int, string> Failures => new()
    {
        { "mount missing.qcow2 m", 1, "No such file or directory" },
        { "mount /dev/zero m", 1, "neither a regular file nor a block device" },
        { "mount pipe m", 1, "neither a regular file nor a block device" },
        { "mount loop m", 1, "Too many levels of symbolic links" },
        { "mount text m", 1, "text is not a qcow2 image" },
        { "mount empty m", 1, "empty is not a qcow2 image" },
        { "mount a.qcow2 nowhere", 1, "nowhere does not exist" },
        { "mount a.qcow2 text", 1, "text is not a directory" },
        { "a.qcow2 /dev/fd/3", 1, "drop_privileges is not supported" },
        { "mount -o bogus a.qcow2 m", 2, "'bogus'" },
        { "mount -o ro,bogus=1,rw a.qcow2 m", 2, "'bogus=1'" },
        { "a.qcow2 m -o bogus", 2, "'bogus'" },
        { "a.qcow2 m -o remount,rw", 1, "remount" },
        { "a.qcow2 m -o rw,user_id=0,group_id=0,remount,ro", 1, "remount" },
        { "mount a.qcow2", 2, "" },
        { "mount", 2, "" },
        { "mount a.qcow2 m more", 2, "" },
        { "mount '' m", 2, "SOURCE is empty" },
        { "mount -f '' m", 2, "SOURCE is empty" },
        { "mount a.qcow2 ''", 2, "MOUNTPOINT is empty" },
        { "umount ''", 2, "MOUNTPOINT is empty" },
        { "create '' 1M", 2, "IMAGE is empty" },
        { "cat '' header/size", 2, "IMAGE is empty" },
        { "cat a.qcow2 $'no\\e[31m\\npe'", 1, "no?[31m?pe" },
        { "write a.qcow2 header/size - <&-", 1, "standard input is closed" },
        { "cat a.qcow2 header/size >&-", 1, "standard output is closed" },
        { "--help >&-", 1, "standard output is closed" },
        { "umount m", 1, "nothing of qcow2fs is mounted on m" },
        { "umount /proc", 1, "nothing of qcow2fs is mounted on /proc" },
        { "umount nowhere", 1, "nothing of qcow2fs is mounted on nowhere" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_is_one_sentence_and_an_exit_status(string words, int status, string sentence)
    {
        var before = File.ReadAllBytes(Image);
        var result = Run($"echo text > text; : > empty; mkfifo pipe; ln -s loop loop; exec $Q {words}");
        Assert.True(result.ExitCode == status && result.Output.Length == 0, result.ToString());
        Assert.Matches(@"\Aqcow2fs: [^\n]+[^.\n]\n\z", result.Error);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.Equal(0, Mounts.On(_directory["m"]));
        Assert.Equal(before, File.ReadAllBytes(Image));
    }

    [Theory]
    [InlineData("$Q mount a.qcow2 m", "m")]
    [InlineData("$Q a.qcow2 m", "m")]
    [InlineData("$Q a.qcow2 m -o rw,nodev,nosuid,noexec,relatime,_netdev,x-systemd.automount,user=me", "m")]
    [InlineData("$Q mount -o allow_other,default_permissions a.qcow2 ./m/", "m")]
    [InlineData("ln -s m link; ln -s a.qcow2 name; $Q mount name link", "m")]
    [InlineData("cp a.qcow2 'b l,a\u00c3\u00a4.qcow2'; mkdir 'm n,o\u00c3\u00a4'; $Q 'b l,a\u00c3\u00a4.qcow2' 'm n,o\u00c3\u00a4'",
        "m n,o\u00c3\u00a4")]
    [InlineData("mkdir -- -x; cp a.qcow2 -- -y; $Q mount -- -y -x", "-x")]
    [InlineData("cp a.qcow2 m/inside.qcow2; $Q m/inside.qcow2 m", "m")]
    [InlineData("cp a.qcow2 m/inside.qcow2; cd m; $Q mount inside.qcow2 ../m", "m")]
    [InlineData("cp a.qcow2 @a; $Q mount @a m", "m")]
    public void A_mount_is_ready_when_the_command_returns_and_ends_with_umount(string command, string mountPoint)
    {
        var result = Run(command);
        Assert.True(result is { ExitCode: 0, Output: "", Error: "" }, result.ToString());
        Assert.Equal("4194304\n", Run("cat \"./$1/header/size\"; echo 5M > \"$1/header/size\"", mountPoint).Expect().Output);
        var daemon = _directory.Daemon;
        var end = Run("$Q umount -- \"$1\"", mountPoint);
        Assert.True(end is { ExitCode: 0, Output: "", Error: "" }, end.ToString());
        Mounts.WaitFor(() => !Directory.Exists($"/proc/{daemon}"), "the daemon's end");
        Assert.Equal(0, Mounts.On(_directory["m"]));
    }

    [Fact]
    public void A_mount_ends_by_the_name_that_it_was_made_by()
    {
        var result = Run("mkdir real; ln -s real link; mkdir real/n; $Q mount a.qcow2 link/n; $Q umount link/n; echo $?; ln -s m n; " +
            "$Q mount a.qcow2 n; $Q umount n/; echo $?");
        Assert.True(result is { Output: "0\n0\n", Error: "" }, result.ToString());
    }

    [Fact]
    public void A_refusal_with_nowhere_to_say_it_is_a_status()
    {
        var result = Run("$Q cat a.qcow2 nope 2>&-; echo $?; $Q write a.qcow2 header/size xx <&- 2>&-; echo $?; " +
            "$Q mount a.qcow2 m <&- >&- 2>&-; cat m/header/size; $Q umount m <&- >&- 2>&-; echo $?");
        Assert.Equal("1\n1\n4194304\n0\n", result.Output);
    }

    [Fact]
    public void A_second_mount_on_the_same_directory_is_refused()
    {
        Run("$Q mount a.qcow2 m").Expect();
        var second = Run("$Q mount a.qcow2 m");
        Assert.Equal((1, "qcow2fs: m is mounted already\n"), (second.ExitCode, second.Error));
        Assert.Equal(1, Mounts.On(_directory["m"]));
        Run("cat m/header/size").Expect();
    }

    [Fact]
    public void Of_mounts_started_at_once_one_lives_and_each_other_gives_the_reason()
    {
        for (var round = 0; round < 5; round++)
        {
            var result = Run("for i in 1 2 3 4 5 6 7 8; do $Q mount a.qcow2 m 2>&1 && echo mounted & done; wait; cat m/header/size");
            var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(9, lines.Length);
            Assert.Single(lines, "mounted");
            Assert.Equal("4194304", lines[^1]);
            Assert.Equal(7, lines.Count(line => line == "qcow2fs: m is mounted already"
                || line == $"qcow2fs: {_directory["m"]} is mounted already"
                || line == $"qcow2fs: Another mount is being made on {_directory["m"]}"));
            Assert.Equal(1, Mounts.On(_directory["m"]));
            var daemon = _directory.Daemon;
            Run("$Q umount m").Expect();
            Mounts.WaitFor(() => !Directory.Exists($"/proc/{daemon}"), "the daemon's end");
        }
    }

    [Fact]
    public void One_image_can_be_mounted_twice_and_both_views_are_live()
    {
        Run("mkdir n; $Q mount a.qcow2 m; $Q mount a.qcow2 n").Expect();
        Assert.Equal("5242880\nabc",
            Run("echo 5M > m/header/size; cat n/header/size; printf abc > n/extensions/0x5; cat m/extensions/0x5").Expect().Output);
    }

    [Fact]
    public void A_read_only_mount_refuses_every_change_and_reads()
    {
        Run("$Q mount -o ro a.qcow2 m").Expect();
        var before = File.ReadAllBytes(Image);
        foreach (var script in new[] { "echo 1 > m/header/size", "rm m/extensions/0x6803f857", "touch m/features/compatible/5",
            "cp a.qcow2 m/header.bin", "mv m/extensions/0x6803f857 m/extensions/0x1" })
        {
            var result = Run(script);
            Assert.True(result.ExitCode != 0 && result.Error.Contains("Read-only file system", StringComparison.Ordinal),
                result.ToString());
        }

        Assert.Equal("4194304\n", Run("cat m/header/size").Expect().Output);
        Assert.Equal(before, File.ReadAllBytes(Image));
    }

    [Fact]
    public void Force_mounts_what_is_no_image()
    {
        Run("printf 'XYZ\\373' > text; $Q mount -o force text m").Expect();
        Assert.Equal("0x58595afb\n0\n",
            Run("cat m/header/magic m/header/version; ls -lR m > /dev/null; cat m/header.bin > /dev/null").Expect().Output);
        Assert.Equal("QFI", Run("echo 0x514649fb > m/header/magic; head -c 3 text").Expect().Output);
        Assert.Equal(0, Run("$Q umount m; head -c 4096 /dev/zero > zeros; $Q mount -o force zeros m; " +
            "find m -type f -exec cat {} + > /dev/null").Expect().ExitCode);
    }

    [Fact]
    public void The_table_of_mounts_names_image_and_program()
    {
        Run("$Q mount a.qcow2 m").Expect();
        Assert.Equal($"fuse.qcow2fs {Image}\n", Run("findmnt -no FSTYPE,SOURCE m | tr -s ' '").Expect().Output);
    }

    /// <summary>Mount point and image keep their bytes, and so does what the table of mounts has of them.</summary>
    [Fact]
    public void Names_that_are_not_UTF_8_are_mounted_in_the_foreground()
    {
        var result = Run("""
            d=$(printf 'd\377'); mkdir "$d"; cp a.qcow2 "$d/i$d"; cd "$d"; mkdir "m$d"
            $Q mount -f "i$d" "m$d" 2> log & while ! grep -q mounted log; do kill -0 $! || exit 1; sleep 0.01; done
            cat "m$d/header/size"; cut -d' ' -f1,2 /proc/self/mounts | grep -ac "/$d/i$d .*/$d/m$d"
            exec 3< "m$d/header/size"; $Q umount "m$d" 3<&- 2>&1 | grep -c "in use by $$ "; exec 3<&-
            $Q umount "m$d"; wait; cat log
            $Q cat "../$d" header/size 2> log || cut -d';' -f1 log; $Q "i$d" "m$d" 2>&1 | cut -d, -f1; cd ..; rm -r "$d"
            """);
        var folder = _directory["d"];
        Assert.Equal("4194304\n1\n1\n" + $@"qcow2fs: id\xff is mounted on {folder}\xff/md\xff" + "\n" +
            @"qcow2fs: ../d\xff is a folder" + "\n" + @"qcow2fs: id\xff: not UTF-8" + "\n", result.Output);
    }

    [Fact]
    public void The_daemon_leaves_its_callers_pipes_directory_and_session()
    {
        // $( ) would wait for ever for a daemon that kept the pipe.
        var session = Run("mkdir w; cd w; echo $(setsid -w $Q mount ../a.qcow2 ../m 2>&1); rmdir ../w; ps -o sid= -p $$").Expect().Output
            .Trim();
        var daemon = _directory.Daemon;
        Assert.Equal("/", Run("readlink /proc/$1/cwd", daemon).Expect().Output.Trim());
        Assert.Equal("/dev/null\n/dev/null\n/dev/null\n",
            Run("readlink /proc/$1/fd/0 /proc/$1/fd/1 /proc/$1/fd/2", daemon).Expect().Output);
        Assert.NotEqual(session, Run("ps -o sid= -p $1", daemon).Expect().Output.Trim());
    }

    [Fact]
    public void An_ordinary_user_can_mount_and_edit_an_image_of_his_own()
    {
        Run("chmod 755 .; chmod 644 a.qcow2; chown 65534:65534 a.qcow2 m").Expect();
        var script = """
            set -e
            $Q mount -o default_permissions a.qcow2 m
            cat m/header/size
            echo 5M > m/header/size
            sed -i s/5/6/ m/header/size
            echo name > m/backing_file
            rm m/backing_file
            touch m/features/compatible/5
            printf abc > m/extensions/0x5
            rm m/extensions/0x5
            $Q umount m
            """;
        var result = Program.AsNobody(_directory.Files, script);
        Assert.True(result is { ExitCode: 0, Output: "4194304\n", Error: "" }, result.ToString());
    }

    public void Dispose() => _directory.Dispose();

    private ToolResult Run(string script, params string[] arguments) => _directory.Run(script, arguments);
}
