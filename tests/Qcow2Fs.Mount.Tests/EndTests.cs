using System.Globalization;
using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

public class EndTests
{
    [Theory]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGINT)]
    [InlineData(Signum.SIGHUP)]
    [InlineData(Signum.SIGQUIT)]
    public void A_signal_ends_the_mount_and_the_daemon_well(Signum signal)
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("cat header/size > /dev/null");
        mount.Signal(signal);
        Assert.Equal(0, mount.Ended());
        Assert.Equal(0, Mounts.On(mount.Path));
    }

    /// <summary>The image or folder is on another mount, whose server is stopped.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("TERM", "m/header.bin", "n/header/size")]
    [InlineData("INT", "m/header.bin", "n/header/size")]
    [InlineData("HUP", "m/header.bin", "n/header/size")]
    [InlineData("QUIT", "m/header.bin", "n/header/size")]
    [InlineData("TERM", "m", "n/header.bin/header/size")]
    public void A_signal_ends_a_daemon_that_waits_for_ever(string signal, string source, string file)
    {
        using var directory = new MountDirectory();
        var result = directory.Run("""
            mkdir n; $Q mount a.qcow2 m; other=$(pgrep -f "^$Q mount --in-background a.qcow2 m")
            env --default-signal=INT,QUIT $Q mount -f "$D/$2" "$D/n" & daemon=$!
            until [ -e $3 ]; do :; done
            watchdog=$(pgrep -P $daemon)
            kill -STOP $other
            cat $3 & reader=$!
            until grep -q request_wait /proc/$daemon/task/*/wchan; do :; done
            SECONDS=0; kill -$1 $daemon; wait $daemon $reader; echo $(($SECONDS <= 4))
            kill -CONT $other
            while kill -0 $watchdog 2> /dev/null; do :; done
            """, signal, source, file);
        Assert.Equal("1\n", result.Output);
        Assert.Equal(0, Mounts.On(directory["n"]));
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("umount $M")]
    [InlineData("fusermount3 -u $M")]
    [InlineData("umount -l $M")]
    [InlineData("$Q umount $M")]
    [InlineData("cd $D && $Q umount mount/")]
    public void An_unmount_from_outside_ends_the_daemon_well(string command)
    {
        using var mount = MountedImage.Of("cluster-512");
        var result = mount.Run($"cd /; {command}");
        Assert.True(result is { ExitCode: 0, Output: "", Error: "" }, result.ToString());
        Assert.Equal(0, mount.Ended());
        Assert.Equal(0, Mounts.On(mount.Path));
    }

    [Fact]
    public void A_busy_mount_is_not_unmounted_and_its_user_is_named()
    {
        using var mount = MountedImage.Of("cluster-512");
        var result = mount.Run("exec 3< header/size; cd /; $Q umount $M 3<&-; echo $? $$");
        Assert.StartsWith("1 ", result.Output, StringComparison.Ordinal);
        Assert.Matches($@"\Aqcow2fs: .*mount is busy: in use by {result.Output[2..].Trim()} \(bash\)\n\z", result.Error);
        Assert.Equal(1, Mounts.On(mount.Path));
        mount.Do("cat header/size > /dev/null");
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("$Q umount $M")]
    [InlineData("$Q mount $I $M && cat $M/header/size && $Q umount $M")]
    public void A_dead_mount_can_be_unmounted_and_mounted_over(string command)
    {
        using var mount = MountedImage.Of("default");
        mount.Run("echo 5M > header/size; kill -9 $(pgrep -P $PID) $PID").Expect();
        mount.Ended();
        Assert.Contains("not connected", Program.Shell("ls $1", mount.Path).Error, StringComparison.Ordinal);
        var result = Program.Shell(command, [("M", mount.Path), ("I", mount.Image)]);
        Assert.True(result is { ExitCode: 0, Output: "" or "5242880\n", Error: "" }, result.ToString());
        Assert.Equal(0, Mounts.On(mount.Path));
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_kill_in_the_middle_of_edits_leaves_a_good_image()
    {
        using var mount = MountedImage.Of("backing");
        mount.Run("""
            (while printf abcdefghijklmnopqrstuvwxyz > extensions/0x5 && echo a-longer-name-than-before > backing_file &&
                echo n > backing_file && rm extensions/0x5; do :; done) 2> /dev/null &
            n=0; until [ $n = 20 ]; do [ -e extensions/0x5 ] && n=$((n + 1)); done
            kill -9 $PID; wait
            """);
        mount.Ended();
        var info = QemuImg.Run("info", "-f", "qcow2", mount.Image);
        Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
        Assert.Contains(mount.Header.BackingName is { } name ? System.Text.Encoding.ASCII.GetString(name.AsSpan()) : "",
            new[] { "a-longer-name-than-before", "n", "base.qcow2" });
    }

    [Fact]
    public void What_was_not_closed_at_the_end_is_not_written()
    {
        using var mount = MountedImage.Of("cluster-512");
        var before = mount.Bytes;
        var result = mount.Run("exec 3> $D/x; python3 -c 'import os, signal, sys, time\nf = os.open(\"extensions/0x5\", os.O_CREAT | " +
            "os.O_WRONLY)\nos.write(f, b\"abc\")\nos.kill(int(sys.argv[1]), signal.SIGTERM)\nwhile " +
                "os.path.exists(f\"/proc/{sys.argv[1]}/exe\"): pass\nos.close(f)' $PID");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("not connected", result.Error, StringComparison.Ordinal);
        mount.Image_is(before);
    }

    /// <summary>A write of a value, an fsync and a close were acknowledged; after a lazy unmount open files go on to be.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("kill -TERM $PID", "1")]
    [InlineData("kill -KILL $PID", "1")]
    [InlineData("umount -l $M", "0")]
    public void What_was_acknowledged_survives_an_end_with_open_files(string end, string status)
    {
        using var mount = MountedImage.Of("default");
        var result = mount.Run("""
            exec 3> header/size 4> extensions/0x5
            echo 5M >&3
            python3 -c 'import os; os.write(4, b"synced"); os.fsync(4); os.write(4, b", late")'
            cd /
            eval "$1"
            case $1 in kill*) while test -e /proc/$PID/exe || mountpoint -q $M; do :; done ;; esac
            python3 -c '
            import os
            try: os.close(4); print(0)
            except OSError: print(1)'
            """, end);
        Assert.Equal($"{status}\n", result.Output);
        mount.Ended();
        Assert.Equal(5UL << 20, mount.Header["size"]);
        using var directory = new TempDirectory();
        var payload = Program.Shell("$Q cat $1 extensions/0x5", mount.Image).Expect().Output;
        Assert.Contains(payload, new[] { "synced", "synced, late" });
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Memory_and_descriptors_do_not_grow_with_use()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("for i in $(seq 100); do cat header/* extensions/* > /dev/null; done");
        var (memory, descriptors) = Used();
        mount.Do("for i in $(seq 300); do cat header/* extensions/* > /dev/null; echo $i > header/size; done; ! cat nothing 2> /dev/null");
        var (more, after) = Used();
        Assert.Equal(descriptors, after);
        Assert.True(more < memory + 20_000, $"{memory} kB became {more} kB");

        (int Memory, int Descriptors) Used()
        {
            // The runtime opens a part of itself when it needs it first, and keeps it open.
            var output = mount.Line(
                "echo $(grep VmRSS /proc/$PID/status | tr -dc 0-9) $(ls -l /proc/$PID/fd | grep -vc '\\.dll$')").Split(' ');
            return (int.Parse(output[0], CultureInfo.InvariantCulture), int.Parse(output[1], CultureInfo.InvariantCulture));
        }
    }
}
