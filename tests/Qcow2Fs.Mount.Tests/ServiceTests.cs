namespace Qcow2Fs.Mount.Tests;

/// <summary>How other programs start a mount: mount(8), fstab, a service manager.</summary>
[Trait("Category", "Slow")]
public sealed class ServiceTests : IDisposable
{
    private readonly MountDirectory _directory = new();

    [Theory]
    [InlineData("mount -t fuse.qcow2fs $D/a.qcow2 $D/m")]
    [InlineData("mount -t fuse.qcow2fs -o rw,nodev,nosuid,noexec,noatime $D/a.qcow2 $D/m")]
    [InlineData("mount -t fuse.qcow2fs a.qcow2 m -o allow_other")]
    [InlineData("cp a.qcow2 'b c,d.qcow2'; mount -t fuse.qcow2fs \"$D/b c,d.qcow2\" $D/m")]
    [InlineData("mount -t fuse -o allow_other,rw \"qcow2fs#$D/a.qcow2\" $D/m")]
    public void The_mount_command_of_the_system_mounts_and_unmounts(string command)
    {
        var result = Installed($"{command} && cat m/header/size && echo 5M > m/header/size && cat m/header/size && umount m && ls m");
        Assert.True(result is { ExitCode: 0, Output: "4194304\n5242880\n", Error: "" }, result.ToString());
        Mounts.WaitFor(() => _directory.Daemon.Length == 0, "the daemon's end");
    }

    [Theory]
    [InlineData("noauto,user,nofail,_netdev,x-systemd.automount,x-systemd.requires=a.service,X-own=1", "")]
    [InlineData("defaults,ro", "Read-only file system")]
    [InlineData("auto,users,nofail,ro,allow_other,noexec", "Read-only file system")]
    [InlineData("comment=of\\040mine,relatime", "")]
    public void A_line_in_fstab_mounts(string options, string words)
    {
        _directory.Do("cp a.qcow2 'with blank.qcow2'; printf '%s %s fuse.qcow2fs %s 0 0\n' \"$D/with\\040blank.qcow2\" $D/m \"$1\" > fstab",
            options);
        var result = Installed("mount -T fstab $D/m && cat m/header/size && { echo 4M > m/header/size; umount m; }");
        Assert.Equal((0, "4194304\n"), (result.ExitCode, result.Output));
        Assert.True(words.Length == 0 ? result.Error.Length == 0 : result.Error.Contains(words, StringComparison.Ordinal),
            result.ToString());
    }

    [Fact]
    public void A_line_for_users_lets_them_mount_and_unmount()
    {
        _directory.Do("chmod 755 .; chown 65534:65534 a.qcow2 m; " +
            "echo $D/a.qcow2 $D/m fuse.qcow2fs noauto,user,nofail,x-systemd.automount 0 0 > fstab");
        var result = Installed("""
            mknod -m 666 fuse c 10 229 && mount --bind fuse /dev/fuse && mount --bind fstab /etc/fstab || exit 98
            as="setpriv --reuid=65534 --regid=65534 --clear-groups"
            $as mount $D/m && $as cat m/header/size && $as umount $D/m && ls m
            """);
        Assert.True(result is { ExitCode: 0, Output: "4194304\n", Error: "" }, result.ToString());
    }

    [Theory]
    [InlineData("mount -t fuse.qcow2fs -o bogus=1,ro a.qcow2 m", "there is no mount option 'bogus=1'")]
    [InlineData("mount -t fuse.qcow2fs nothing.qcow2 m", "nothing.qcow2: the image cannot be opened: No such file or directory")]
    [InlineData("mount -t fuse.qcow2fs a.qcow2 m && mount -o remount,ro $D/m",
        "a mount cannot be changed with remount; unmount it and mount it again")]
    public void What_the_mount_command_cannot_have_is_told_in_the_programs_words(string command, string sentence)
    {
        var result = Installed(command);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"qcow2fs: {sentence}", result.Error, StringComparison.Ordinal);
    }

    /// <summary>READY=1 arrives when the mount can be used, at a socket in the file system or in the abstract namespace.</summary>
    [Theory]
    [InlineData("socket")]
    [InlineData("@qcow2fs-test-")]
    public void A_service_manager_is_told_when_the_mount_is_ready(string address)
    {
        var name = address[0] == '@' ? address + Path.GetFileName(_directory.Path) : _directory[address];
        var output = _directory.Do("""
            python3 -c '
            import os, socket, subprocess, sys
            program, name = sys.argv[1:]
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind("\0" + name[1:] if name[0] == "@" else name)
            s.settimeout(60)
            daemon = subprocess.Popen(
                [program, "mount", "-f", "a.qcow2", "m"], env={**os.environ, "NOTIFY_SOCKET": name}, stderr=subprocess.DEVNULL)
            print(s.recv(100), subprocess.run(["cat", "m/header/size"], capture_output=True).stdout)
            daemon.terminate()
            print(daemon.wait(60))
            s.setblocking(False)
            try: print(s.recv(100))
            except BlockingIOError: print("nothing more")' $Q "$1"
            """, name);
        Assert.Equal("b'READY=1' b'4194304\\n'\n0\nnothing more\n", output);
    }

    [Theory]
    [InlineData("nobody-listens")]
    [InlineData("@qcow2fs-nobody-listens")]
    public void A_service_manager_that_cannot_be_told_ends_the_mount(string address)
    {
        var result = _directory.Run("NOTIFY_SOCKET=$1 $Q mount -f a.qcow2 m", address);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"qcow2fs: cannot tell NOTIFY_SOCKET ({address}) that the mount is ready: ", result.Error,
            StringComparison.Ordinal);
        Assert.Equal(0, Mounts.On(_directory["m"]));
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>
    /// Runs a script where the program is installed. mount(8) runs mount.fuse3, which runs /bin/sh, which finds the program in a PATH that
    /// mount(8) sets; so a mount namespace of its own has it in a directory of that PATH.
    /// </summary>
    private TestKit.ToolResult Installed(string script) => _directory.Run(
        """
        exec unshare -m bash -c '
        mount -t tmpfs none /usr/local/sbin && ln -s "$Q" /usr/local/sbin/qcow2fs || exit 98
        trap "umount -ql m" EXIT
        eval "$1"' bash "$1"
        """,
        script);
}
