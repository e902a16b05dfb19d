namespace Fuse3.Tests;

/// <summary>From mount to unmount, from inside and from outside.</summary>
public class LifecycleTests
{
    private const int Limit = 120_000;
    private const int Cycles = 200;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact(Timeout = Limit)]
    public async Task Mount_returns_when_the_mount_is_there()
    {
        await using var mount = new TestMount(new MemoryFileSystem(), new() { FileSystemName = @"a,b \c", Subtype = "sub" });

        Assert.Equal(1, mount.Directory.CountMounts());
        Assert.Equal(mount.Path, mount.Mount.MountPoint);
        Assert.Contains(@"fuse.sub a,b\040\134c ", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("umount")]
    [InlineData("umount -l")]
    [InlineData("fusermount3 -u")]
    public async Task An_unmount_from_outside_ends_the_wait(string command)
    {
        await using var mount = new TestMount(new MemoryFileSystem());
        var ended = mount.Mount.WaitForUnmountAsync();
        Assert.False(ended.IsCompleted);

        (await Child.ShellAsync($"{command} $1", mount.Path)).Succeeded();

        await ended.WaitAsync(s_patience);
        Assert.Equal(0, mount.Directory.CountMounts());
        Assert.True(await mount.Mount.UnmountAsync(s_patience));
    }

    [Fact(Timeout = Limit)]
    public async Task Unmount_ends_the_mount_even_if_a_file_is_open()
    {
        var fs = new MemoryFileSystem();
        fs.Add("f", "");
        await using var mount = new TestMount(fs);
        using var signal = new TestDirectory();
        var holder = HoldOpenAsync(mount, signal);
        await Wait.UntilAsync(() => IsHeld(signal), "the holder did not start");

        Assert.True(await mount.Mount.UnmountAsync(s_patience));

        Assert.True(mount.Mount.WaitForUnmountAsync().IsCompletedSuccessfully);
        Assert.Equal(0, mount.Directory.CountMounts());
        LetGo(signal);
        (await holder).Failed();
        Assert.Empty(fs.Files["/f"].Content);
    }

    [Fact(Timeout = Limit)]
    public async Task Unmount_gives_up_waiting_for_a_callback_that_blocks()
    {
        using var fs = new BlockingFileSystem();
        await using var mount = new TestMount(fs);
        var reader = Child.ShellAsync("stat $1", mount.Path);
        await fs.Entered.WaitAsync(s_patience);

        Assert.False(await mount.Mount.UnmountAsync(TimeSpan.FromMilliseconds(50)));
        Assert.False(mount.Mount.WaitForUnmountAsync().IsCompleted);
        fs.Release();
        Assert.True(await mount.Mount.UnmountAsync(s_patience));
        await reader;
    }

    [Fact(Timeout = Limit)]
    public async Task An_abort_frees_everybody_who_waits_for_a_callback()
    {
        using var fs = new BlockingFileSystem();
        await using var mount = new TestMount(fs);
        var reader = Child.ShellAsync("stat $1", mount.Path);
        await fs.Entered.WaitAsync(s_patience);

        mount.Mount.Abort();

        (await reader).Failed();
        Assert.Equal(0, mount.Directory.CountMounts());
        Assert.False(mount.Mount.WaitForUnmountAsync().IsCompleted);
        mount.Mount.Abort();
        fs.Release();
        await mount.Mount.WaitForUnmountAsync().WaitAsync(s_patience);
    }

    [Fact(Timeout = Limit)]
    public async Task An_abort_frees_a_callback_that_waits_for_its_own_mount()
    {
        var fs = new SelfLookingFileSystem();
        await using var mount = new TestMount(fs);
        fs.Path = Path.Combine(mount.Path, "f");
        var reader = Child.ShellAsync("stat $1/f", mount.Path);
        await fs.Entered.WaitAsync(s_patience);
        Assert.False(await mount.Mount.UnmountAsync(TimeSpan.FromMilliseconds(50)));

        mount.Mount.Abort();

        Assert.True(await mount.Mount.UnmountAsync(s_patience));
        (await reader).Failed();
        Assert.Equal(0, mount.Directory.CountMounts());
    }

    /// <summary>libfuse unmounts the path of the start: nothing, or what is there now.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_mount_is_unmounted_where_it_is_now_and_nothing_else()
    {
        using var directory = new TestDirectory();
        var (before, now) = (Path.Combine(directory.Path, "a/m"), Path.Combine(directory.Path, "b/m"));
        Directory.CreateDirectory(before);
        using var mount = Fuse.Mount(before, new MemoryFileSystem());
        try
        {
            (await Child.ShellAsync("cd $1; mv a b; mkdir -p a/m; mount -t tmpfs none a/m", directory.Path)).Succeeded();

            Assert.True(await mount.UnmountAsync(s_patience));

            var mounts = await File.ReadAllTextAsync("/proc/self/mountinfo");
            Assert.DoesNotContain($" {now} ", mounts, StringComparison.Ordinal);
            Assert.Contains($" {before} ", mounts, StringComparison.Ordinal);
        }
        finally
        {
            await Child.ShellAsync("umount -l $1/*/m", directory.Path);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_lazy_unmount_serves_open_files_to_the_end()
    {
        var fs = new MemoryFileSystem();
        fs.Add("f", "");
        await using var mount = new TestMount(fs);
        using var signal = new TestDirectory();
        var holder = HoldOpenAsync(mount, signal);
        await Wait.UntilAsync(() => IsHeld(signal), "the holder did not start");

        Fuse.LazyUnmount(mount.Path);

        Assert.Equal(0, mount.Directory.CountMounts());
        Assert.False(mount.Mount.WaitForUnmountAsync().IsCompleted);
        LetGo(signal);
        (await holder).Succeeded();
        await mount.Mount.WaitForUnmountAsync().WaitAsync(s_patience);
        Assert.Equal("late\n"u8.ToArray(), fs.Files["/f"].Content);
    }

    [Fact(Timeout = Limit)]
    public async Task An_aborted_connection_ends_the_wait()
    {
        await using var mount = new TestMount(new MemoryFileSystem());
        var device = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields[4] == mount.Path)[2];

        const string Script = """
            connections=/sys/fs/fuse/connections
            mountpoint -q $connections || { mount -t fusectl none $connections && trap 'umount $connections' EXIT; } || exit
            echo 1 >$connections/${1#0:}/abort
            """;
        (await Child.ShellAsync(Script, device)).Succeeded();

        await mount.Mount.WaitForUnmountAsync().WaitAsync(s_patience);
        Assert.Equal(0, mount.Directory.CountMounts());
    }

    [Fact(Timeout = Limit)]
    public async Task Dispose_waits_and_may_be_repeated()
    {
        using var directory = new TestDirectory();
        var mount = Fuse.Mount(directory.Path, new MemoryFileSystem(), new());

        mount.Dispose();

        Assert.Equal(0, directory.CountMounts());
        Assert.True(mount.WaitForUnmountAsync().IsCompletedSuccessfully);
        mount.Dispose();
        Assert.True(await mount.UnmountAsync(TimeSpan.Zero));
    }

    [Fact(Timeout = Limit)]
    public async Task Dispose_in_a_callback_only_asks()
    {
        var fs = new SelfUnmountingFileSystem();
        await using var mount = new TestMount(fs);
        fs.Mount = mount.Mount;

        await Child.ShellAsync("stat $1", mount.Path);

        await mount.Mount.WaitForUnmountAsync().WaitAsync(s_patience);
        Assert.Equal(0, mount.Directory.CountMounts());
    }

    [Fact(Timeout = Limit)]
    public async Task One_process_can_serve_several_mounts()
    {
        var first = new MemoryFileSystem();
        var second = new MemoryFileSystem();
        first.Add("a", "1");
        second.Add("b", "2");
        await using var firstMount = new TestMount(first);
        await using (var secondMount = new TestMount(second))
        {
            Assert.Equal("a\nb\n", (await Child.ShellAsync("ls $1; ls $2", firstMount.Path, secondMount.Path)).Succeeded());
        }

        Assert.Equal("1", (await Child.ShellAsync("cat $1/a", firstMount.Path)).Succeeded());
    }

    [Trait("Category", "Slow")]
    [Fact(Timeout = Limit)]
    public async Task Cycles_leave_nothing_behind()
    {
        await CycleAsync();
        // The runtime starts threads of its own at first use.
        await CycleAsync();
        var descriptors = Count("/proc/self/fd");
        var threads = Count("/proc/self/task");

        for (var i = 0; i < Cycles; i++)
        {
            await CycleAsync();
        }

        await Wait.UntilAsync(() => Count("/proc/self/fd") <= descriptors + 5, $"more descriptors than {descriptors}");
        await Wait.UntilAsync(() => Count("/proc/self/task") <= threads + 10, $"more threads than {threads}");
    }

    /// <summary>A program that opens the file f, signals that, waits and then writes.</summary>
    private static Task<ChildResult> HoldOpenAsync(TestMount mount, TestDirectory signal)
        => Child.ShellAsync(
            "exec 3>>$1/f; echo >$2/held; while [ -e $2/held ]; do sleep 0.02; done; echo late >&3", mount.Path, signal.Path);

    private static bool IsHeld(TestDirectory signal) => File.Exists(Path.Combine(signal.Path, "held"));

    private static void LetGo(TestDirectory signal) => File.Delete(Path.Combine(signal.Path, "held"));

    private static int Count(string directory) => Directory.GetFileSystemEntries(directory).Length;

    private static async Task CycleAsync()
    {
        var fs = new MemoryFileSystem();
        fs.Add("f", "");
        await using var mount = new TestMount(fs);
        Assert.Equal("f\n", (await Child.RunAsync("ls", mount.Path)).Succeeded());
    }

    private sealed class SelfUnmountingFileSystem : FuseFileSystemBase
    {
        public IFuseMount? Mount { get; set; }

        public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
        {
            Mount?.Dispose();
            return -Errno.ENOENT;
        }
    }

    private sealed class SelfLookingFileSystem : FuseFileSystemBase
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public string? Path { get; set; }

        public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
        {
            if (path.SequenceEqual("/"u8))
            {
                stat = new() { Mode = FileType.Directory | 0b111_101_101, LinkCount = 2 };
                return 0;
            }

            _entered.TrySetResult();
            return File.Exists(Path) ? 0 : -Errno.ENOENT;
        }
    }

    private sealed class BlockingFileSystem : FuseFileSystemBase, IDisposable
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _gate = new();

        public Task Entered => _entered.Task;

        public void Release() => _gate.Set();

        public void Dispose() => _gate.Dispose();

        public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
        {
            _entered.TrySetResult();
            _gate.Wait(s_patience);
            return -Errno.ENOENT;
        }
    }
}
