using Mono.Unix.Native;

namespace Qcow2Fs.Mount.Tests;

/// <summary>A daemon that dies leaves no dead mount, because of its watchdog, which is the program itself.</summary>
[Trait("Category", "Slow")]
public sealed class WatchdogTests : IDisposable
{
    private readonly MountDirectory _directory = new();

    private string MountPoint => _directory["m"];

    [Theory]
    [InlineData(Signum.SIGKILL)]
    [InlineData(Signum.SIGSEGV)]
    [InlineData(Signum.SIGABRT)]
    [InlineData(Signum.SIGUSR1)]
    public void A_crash_in_the_foreground_leaves_no_mount(Signum signal)
    {
        using var mount = MountedImage.Of("default");
        mount.Do("echo 5M > header/size");
        var watchdog = mount.Line("pgrep -P $PID");
        // The runtime lets the first SEGV of a kill pass: the instruction that it blames does not fail again.
        Mounts.WaitFor(
            () =>
            {
                mount.Signal(signal);
                return mount.EndsWithin(TimeSpan.FromSeconds(2));
            },
            "the crash");
        mount.Expect(signal);
        Mounts.WaitFor(() => Mounts.On(mount.Path) == 0, "the unmount");
        WaitForEnd(watchdog);
        Assert.Equal(5UL << 20, mount.Header["size"]);
        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("kill -9 $1")]
    [InlineData("kill -9 -$1")]
    [InlineData("kill -HUP $2; kill -INT $2; kill -QUIT $2; kill -TERM $2; kill -9 $1")]
    [InlineData("exec 3< m/header/size; cd m; kill -9 $1")]
    public void A_crash_in_the_background_leaves_no_mount(string crash)
    {
        _directory.Do("$Q mount a.qcow2 m");
        var daemon = _directory.Daemon;
        var watchdog = _directory.WatchdogOf(daemon);
        _directory.Do(crash, daemon, watchdog);
        Mounts.WaitFor(() => Mounts.On(MountPoint) == 0, "the unmount");
        WaitForEnd(watchdog);
        Assert.Equal("4194304\n", _directory.Do("$Q mount a.qcow2 m; cat m/header/size; $Q umount m"));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a\\040b")]
    [InlineData("-x\n")]
    [InlineData("'$(x)*%d%")]
    [InlineData("disk 1")]
    [InlineData("vm\t5")]
    [InlineData("a\n77b")]
    [InlineData("a\\0412")]
    [InlineData("a\\\\7")]
    [InlineData("c\rd")]
    [InlineData("\u00e4\u2028x")]
    public void Any_name_of_a_mount_point_is_unmounted(string name)
    {
        // Nothing is found by PATH.
        _directory.Do("mkdir \"./$1\"; PATH=/nowhere $Q mount -- a.qcow2 \"$1\"", name);
        var watchdog = _directory.WatchdogOf(_directory.Daemon);
        Assert.Equal(1, Mounts.On(_directory[name]));
        _directory.Do("kill -9 $1", _directory.Daemon);
        WaitForEnd(watchdog);
        Assert.Equal(0, Mounts.On(_directory[name]));
    }

    /// <summary>The path of the start leads nowhere, or to a mount that must stay.</summary>
    [Theory]
    [InlineData("mv p $'q\\xff 1'", "-KILL")]
    [InlineData("mv p $'q\\xff 1'", "-TERM")]
    [InlineData("mv p q; mkdir -p p/m; mount -t tmpfs kept p/m", "-KILL")]
    [InlineData("mv p q; mkdir -p p/m; mount -t tmpfs kept p/m", "-TERM")]
    [InlineData("mv p q; mkdir -p p/m; $Q mount -f -o x-kept a.qcow2 p/m 2> log & until [ -s log ]; do :; done", "-KILL")]
    [InlineData("mkdir q; mount --move p/m q", "-KILL")]
    [InlineData("mkdir q; mount --move p/m q", "-TERM")]
    public void A_mount_is_unmounted_where_it_is_now(string move, string signal)
    {
        // In a namespace of its own; only there can a mount be moved.
        var left = _directory.Do("""
            mkdir -p p/m
            exec unshare -m bash -c '
              $Q mount -f a.qcow2 p/m 2> ready & daemon=$!
              until [ -s ready ]; do :; done
              eval "$1"
              watchdog=$(pgrep -P $daemon)
              kill "$2" $daemon
              wait $daemon 2> /dev/null
              while kill -0 $watchdog 2> /dev/null; do :; done
              grep -aF " $D/" /proc/self/mountinfo | grep -av /p/m
              ls p/m > /dev/null || echo dead
              jobs -p | xargs -r kill 2> /dev/null
              umount -l p/m; rm -rf p q*' bash "$1" "$2" 2> /dev/null
            """, move, signal);
        Assert.Equal("", left.Replace("dead\n", move.Contains("p/m;", StringComparison.Ordinal) ? "dead" : "", StringComparison.Ordinal));
    }

    [Fact]
    public void An_ordinary_users_mount_is_unmounted_too()
    {
        _directory.Do("chmod 755 .; chown 65534:65534 a.qcow2 m");
        var result = Program.AsNobody(_directory.Files, """
            set -e
            $Q mount -f a.qcow2 m 2> /dev/null & daemon=$!
            until test -e m/header; do :; done
            watchdog=$(pgrep -P $daemon)
            kill -9 $daemon
            while kill -0 $watchdog 2> /dev/null; do :; done
            ! grep " $D/m " /proc/self/mountinfo
            $Q mount a.qcow2 m
            cat m/header/size
            $Q umount m
            """);
        Assert.True(result is { ExitCode: 0, Output: "4194304\n" }, result.ToString());
    }

    [Fact]
    public void A_successor_on_the_same_directory_stays()
    {
        _directory.Do("$Q mount a.qcow2 m");
        var daemon = _directory.Daemon;
        var watchdog = _directory.WatchdogOf(daemon);
        // The open file keeps the first mount alive, out of sight.
        _directory.Do("exec 3< m/header/size; umount -l m; $Q mount a.qcow2 m; kill -9 $1", daemon);
        WaitForEnd(watchdog);
        Assert.Equal(1, Mounts.On(MountPoint));
        Assert.Equal("4194304\n", _directory.Do("cat m/header/size"));
    }

    [Fact]
    public void What_was_mounted_over_it_stays()
    {
        _directory.Do("$Q mount a.qcow2 m");
        var daemon = _directory.Daemon;
        var watchdog = _directory.WatchdogOf(daemon);
        _directory.Do("mount -t tmpfs none m; touch m/file; kill -9 $1", daemon);
        WaitForEnd(watchdog);
        Assert.Equal("file\n", _directory.Do("ls m"));
    }

    [Theory]
    [InlineData("$Q umount m")]
    [InlineData("umount m")]
    [InlineData("kill $1")]
    public void A_mount_that_ends_well_takes_its_watchdog_with_it(string end)
    {
        _directory.Do("$Q mount a.qcow2 m");
        var daemon = _directory.Daemon;
        var watchdog = _directory.WatchdogOf(daemon);
        _directory.Do(end, daemon);
        WaitForEnd(daemon);
        Assert.False(Directory.Exists($"/proc/{watchdog}"));
    }

    [Fact]
    public void A_mount_that_fails_leaves_no_watchdog()
    {
        const string Watchdogs = "pgrep -f \"^fuse-watchdog .*unmounts $D/m if process [0-9]+ dies\"";
        _directory.Run("$Q mount a.qcow2 m").Expect();
        Assert.Single(_directory.Run(Watchdogs).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        _directory.Do("$Q umount m");
        // libfuse refuses where the watchdog waits already: a device hides the kernel's.
        _directory.Run("unshare -m sh -c 'mount --bind /dev/null /dev/fuse; exec $Q mount a.qcow2 m'").Expect(1);
        Mounts.WaitFor(() => _directory.Run(Watchdogs).Output.Length == 0, "the end of both watchdogs");
    }

    [Fact]
    public void Without_its_watchdog_a_mount_goes_on()
    {
        _directory.Do("$Q mount a.qcow2 m");
        var daemon = _directory.Daemon;
        _directory.Do("kill -9 $1", _directory.WatchdogOf(daemon));
        Assert.Equal("4194304\n", _directory.Do("cat m/header/size; $Q umount m"));
        WaitForEnd(daemon);
    }

    [Fact]
    public void A_watchdog_holds_nothing_but_its_channel()
    {
        _directory.Do("exec 3< a.qcow2 200< a.qcow2; mkdir w; cd w; SECRET=x $Q mount ../a.qcow2 ../m; rmdir ../w");
        var daemon = _directory.Daemon;
        var watchdog = _directory.WatchdogOf(daemon);
        // The runtime of a build that is not static has files, pipes and a copy of the channel of its own.
        var open = Open(watchdog).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["0 socket", "1 /dev/null", "2 /dev/null"], open[..3]);
        Assert.All(open[3..], file => Assert.Matches(@"^\d+ (pipe|socket|/dev/null|/dev/urandom|/memfd:doublemapper|.*\.dll)$", file));
        Assert.Equal("/\n", _directory.Do("readlink /proc/$1/cwd; tr '\\0' '\\n' < /proc/$1/environ | grep -v ^DOTNET_ || :", watchdog));
        Assert.Equal("fuse-watchdog\n", _directory.Do("cat /proc/$1/comm", watchdog));
        Assert.Equal($"{watchdog} {watchdog}", _directory.Do("echo $(ps -o pgid=,sid= -p $1)", watchdog).Trim());
    }

    /// <summary>Of the caller's files, directory and session nothing is kept.</summary>
    [Fact]
    public void A_daemon_in_the_background_holds_what_it_needs_and_no_more()
    {
        _directory.Do("exec 3< a.qcow2 200< a.qcow2; mkdir w; cd w; $Q mount ../a.qcow2 ../m < ../a.qcow2; rmdir ../w; " +
            "cat ../m/header/*; echo 5M > ../m/header/size");
        // The runtime's: copies of the standard ones, program files, random numbers, its pipes between threads, the memory of its compiler.
        // Ours: the directory of the image, the wake event, the device, the watchdog's channel.
        var open = Open(_directory.Daemon).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1])
            .Where(file => !file.EndsWith(".dll", StringComparison.Ordinal)
                && file is not ("/dev/null" or "/dev/urandom" or "/memfd:doublemapper")).ToList();
        Assert.Equal(["/dev/fuse", _directory.Path, "anon_inode:[eventfd]", "socket"],
            open.Where(file => file != "pipe").Order(StringComparer.Ordinal));
        Assert.Equal("/\n", _directory.Do("readlink /proc/$1/cwd", _directory.Daemon));
    }

    [Fact]
    public void A_daemon_in_the_foreground_leaves_its_directory_too()
    {
        using var mount = MountedImage.Of("cluster-512");
        Assert.Equal("/\n", mount.Do("readlink /proc/$PID/cwd"));
    }

    public void Dispose() => _directory.Dispose();

    private static void WaitForEnd(string process) => Mounts.WaitFor(() => !Directory.Exists($"/proc/{process}"), $"the end of {process}");

    private string Open(string process) => _directory.Do(
        """
        for f in $(ls /proc/$1/fd | sort -n); do
          echo "$f $(readlink /proc/$1/fd/$f | sed -E 's/(pipe|socket):.*/\1/; s/ \(deleted\)//')"
        done
        """,
        process);
}
