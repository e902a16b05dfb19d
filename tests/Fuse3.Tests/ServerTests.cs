namespace Fuse3.Tests;

/// <summary>Situations that need a process of their own: a crash, another user, a machine without libfuse.</summary>
public class ServerTests
{
    private const int TestLimit = 60_000;
    private static readonly string[] s_asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    [Fact(Timeout = TestLimit)]
    public async Task A_dead_mount_is_recognized_and_can_be_cleared_away()
    {
        using var directory = new TestDirectory();
        using var server = await ServerProcess.StartAsync(ServerProcess.Command(directory.Path));
        server.KillWithWatchdog();

        var e = Assert.Throws<FuseException>(() => Fuse.Mount(directory.Path, new MemoryFileSystem(), new() { Subtype = Program.Subtype }));
        Assert.Equal(FuseError.DeadMount, e.Error);

        Fuse.ClearDeadMount(directory.Path);
        Assert.Equal(0, directory.CountMounts());
        Fuse.Mount(directory.Path, new MemoryFileSystem(), new() { Subtype = Program.Subtype }).Dispose();
    }

    /// <summary>realpath(3) of old C libraries fails for the mount point itself, that of new ones for what is in it.</summary>
    [Fact(Timeout = TestLimit)]
    public async Task A_path_that_ends_at_a_dead_mount_is_resolved()
    {
        using var directory = new TestDirectory();
        using var server = await ServerProcess.StartAsync(ServerProcess.Command(directory.Path));
        server.KillWithWatchdog();

        var relative = Path.GetRelativePath(Environment.CurrentDirectory, directory.Path);
        Assert.Equal(directory.Path, Fuse.ResolveMountPoint(relative + "/"));
        Assert.Equal(directory.Path + "/f", Fuse.ResolveMountPoint(relative + "/f"));
    }

    [Fact(Timeout = TestLimit)]
    public async Task A_program_that_does_not_ask_for_a_watchdog_has_none()
    {
        await using var mount = new TestMount(new MemoryFileSystem());
        var children = Directory.GetDirectories("/proc/self/task").SelectMany(task => File.ReadAllText($"{task}/children").Split(' '))
            .Where(child => child.Length > 0).Select(child => File.ReadAllText($"/proc/{child}/comm").Trim());
        Assert.DoesNotContain("fuse-watchdog", children);
    }

    [Fact(Timeout = TestLimit)]
    public async Task Another_user_mounts_with_the_helper()
    {
        var output = (await AsNobodyAsync("""
            mkfifo $dir/started
            $user "$@" >$dir/started & server=$!
            read line <$dir/started
            echo $line
            $user cat $dir/mount/f
            grep -c " $dir/mount .*user_id=65534" /proc/self/mountinfo
            $user fusermount3 -u $dir/mount
            wait $server
            echo ended $?
            """)).Succeeded();

        Assert.Equal("ready\nserved\n1\nended 0\n", output);
    }

    [Fact(Timeout = TestLimit)]
    public async Task Another_user_can_unmount_from_inside()
    {
        var output = (await AsNobodyAsync("""$user "$@" unmount; echo ended $?; ! grep $dir/mount /proc/self/mountinfo""")).Succeeded();

        Assert.Equal("ready\nended 0\n", output);
    }

    /// <summary>What is hidden in a mount namespace of its own, as which user, and the error.</summary>
    [Theory(Timeout = TestLimit)]
    [InlineData(
        "for l in $(ldconfig -p | sed -n 's/.*libfuse3.*=> //p'); do mount --bind /dev/null $l; done", false, FuseError.LibraryMissing)]
    [InlineData("mount -t tmpfs none /dev", false, FuseError.DeviceMissing)]
    [InlineData("mount --bind /dev/null $(readlink -f $(command -v fusermount3))", true, FuseError.HelperMissing)]
    public async Task What_is_missing_is_named(string hide, bool asNobody, FuseError error)
    {
        using var directory = new TestDirectory();
        (await Child.RunAsync("chown", "65534:65534", directory.Path)).Succeeded();
        var server = ServerProcess.Command(directory.Path);

        var user = asNobody ? s_asNobody : [];
        var result = await Child.RunAsync("unshare", ["-m", "sh", "-c", hide + "; exec \"$@\"", "sh", .. user, .. server]);

        Assert.Contains(result.Failed().Split('\n'), line => line.StartsWith($"{error}: ", StringComparison.Ordinal));
        Assert.Empty(result.Output);
    }

    [Fact(Timeout = TestLimit)]
    public async Task The_library_is_found_under_its_later_name()
    {
        using var directory = new TestDirectory();
        using var library = new TestDirectory();
        const string Rename = """
            all=$(ldconfig -p | sed -n 's/.*libfuse3.*=> //p' | xargs -n 1 readlink -f | sort -u)
            cp $all $LD_LIBRARY_PATH/libfuse3.so.4 && for l in $all; do mount --bind /dev/null $l; done && exec "$@"
            """;

        var result = await Child.RunAsync(
            "env",
            [
                $"LD_LIBRARY_PATH={library.Path}", "unshare", "-m", "sh", "-c", Rename, "sh",
                .. ServerProcess.Command(directory.Path, "unmount"),
            ]);

        Assert.Equal("ready\n", result.Succeeded());
    }

    /// <summary>
    /// Runs a script where /dev/fuse may be opened by everyone, as on most machines: with $dir, its subdirectory mount of user
    /// nobody, $user to
    /// become nobody, and the server's command for that mount in "$@".
    /// </summary>
    private static async Task<ChildResult> AsNobodyAsync(string script)
    {
        using var directory = new TestDirectory();
        var prepare = $"""
            dir={directory.Path}
            user='{string.Join(' ', s_asNobody)}'
            mount -t tmpfs none $dir && mknod $dir/fuse c 10 229 && chmod 666 $dir/fuse && mount --bind $dir/fuse /dev/fuse || exit 98
            chmod 755 $dir && mkdir $dir/mount && chown 65534:65534 $dir/mount

            """;
        return await Child.RunAsync(
            "unshare", ["-m", "sh", "-c", prepare + script, "sh", .. ServerProcess.Command(directory.Path + "/mount")]);
    }
}
