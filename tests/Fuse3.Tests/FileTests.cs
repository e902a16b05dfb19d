using System.Text;
using Fuse3.Native;

namespace Fuse3.Tests;

/// <summary>Programs using a small file system, with the page cache and without.</summary>
public class FileTests
{
    private const int Limit = 60_000;
    private const int Large = 3_000_001;

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_file_can_be_listed_and_read(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        fs.Add("hello", "Hello, world\n");

        Assert.Equal("hello\n", (await mount.ShellAsync("ls")).Succeeded());
        Assert.Equal("Hello, world\n", (await mount.ShellAsync("cat hello")).Succeeded());
        Assert.Contains("No such file", (await mount.ShellAsync("cat nothing")).Failed(), StringComparison.Ordinal);
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task Attributes_arrive_unchanged(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        var file = fs.Add("f", new string('x', 1000));
        file.UserId = 12;
        file.GroupId = 34;
        file.AccessTime = new(1_111_111_111, 123_456_789);
        file.ModifyTime = new(1_222_222_222, 987_654_321);

        Assert.Equal("644 1 12 34 1000 2 regular file\n", (await mount.ShellAsync("stat -c '%a %h %u %g %s %b %F' f")).Succeeded());
        Assert.Equal(
            "1111111111123456789 1222222222987654321\n",
            (await mount.ShellAsync("python3 -c 'import os; s = os.stat(\"f\"); print(s.st_atime_ns, s.st_mtime_ns)'")).Succeeded());
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task Attributes_can_be_changed(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        var file = fs.Add("f", "");
        var accessed = file.AccessTime;

        (await mount.ShellAsync("chmod 600 f && chown 5:6 f && chown 7 f && touch -m -d @1234567890.5 f")).Succeeded();

        Assert.Equal((0x180u, 7u, 6u), (file.Mode, file.UserId, file.GroupId));
        Assert.Equal(new TimeSpec(1_234_567_890, 500_000_000), file.ModifyTime);
        Assert.Equal(accessed, file.AccessTime);
        (await mount.ShellAsync("touch f")).Succeeded();
        Assert.InRange(file.AccessTime.Seconds, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_file_can_be_created_written_appended_and_cut(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        (await mount.ShellAsync("echo one > f")).Succeeded();
        Assert.Equal("one\n", Text(fs, "f"));
        Assert.False(fs.LastWriteIsAppend);
        (await mount.ShellAsync("echo two >> f")).Succeeded();
        Assert.Equal("one\ntwo\n", Text(fs, "f"));
        Assert.True(fs.LastWriteIsAppend);
        (await mount.ShellAsync("truncate -s 3 f")).Succeeded();
        Assert.Equal("one", Text(fs, "f"));
        (await mount.ShellAsync("python3 -c 'import os; os.truncate(\"f\", 5)'")).Succeeded();
        Assert.Equal("one\0\0", Text(fs, "f"));
        (await mount.ShellAsync("echo new > f")).Succeeded();
        Assert.Equal("new\n", Text(fs, "f"));
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_flag_changed_after_open_is_seen_by_write(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        fs.Add("f", "12345");
        const string Script = "import os,fcntl; f = os.open('f', os.O_WRONLY); "
            + "fcntl.fcntl(f, fcntl.F_SETFL, os.O_APPEND); os.write(f, b'67')";

        (await mount.ShellAsync("python3 -c \"$1\"", Script)).Succeeded();

        Assert.Equal("1234567", Text(fs, "f"));
        Assert.True(fs.LastWriteIsAppend);
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task Large_files_survive(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        using var source = new TestDirectory();
        var data = new byte[Large];
        new Random(1).NextBytes(data);
        var original = Path.Combine(source.Path, "original");
        await File.WriteAllBytesAsync(original, data);

        (await mount.ShellAsync("cp \"$1\" f && cmp \"$1\" f && dd if=f bs=1M status=none | cmp - \"$1\"", original)).Succeeded();

        Assert.True(data.AsSpan().SequenceEqual(fs.Files["/f"].Content));
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task Names_can_be_renamed_linked_and_removed(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        fs.Add("a", "content");

        (await mount.ShellAsync("mv a b && ln -s b s && mkdir d && mkfifo p && ln b h")).Succeeded();
        Assert.Equal("b\nd\nh\np\ns\n", (await mount.ShellAsync("ls")).Succeeded());
        Assert.Equal("b\n", (await mount.ShellAsync("readlink s")).Succeeded());
        Assert.Equal("contentcontent", (await mount.ShellAsync("cat s h")).Succeeded());
        Assert.Equal("./d\n", (await mount.ShellAsync("find . -mindepth 1 -type d")).Succeeded());
        (await mount.ShellAsync("rmdir d && rm p s h")).Succeeded();
        Assert.Equal(["/b"], fs.Files.Keys);
    });

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_open_file_is_deleted_at_once_and_stays_usable(bool direct) => RunAsync(direct, async (fs, mount) =>
    {
        fs.Add("f", "old");
        const string Script = "import os; f = os.open('f', os.O_RDWR); os.unlink('f'); os.write(f, b'NEW!'); "
            + "assert os.listdir('.') == [], os.listdir('.'); print(os.pread(f, 9, 0).decode()); os.close(f)";

        Assert.Equal("NEW!\n", (await mount.ShellAsync("python3 -c \"$1\"", Script)).Succeeded());
        Assert.Empty(fs.Files);
    });

    [Theory(Timeout = Limit)]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public async Task Flush_can_be_left_out(bool leftOut, int expected)
    {
        var fs = new MemoryFileSystem { UseNoFlush = leftOut };
        fs.Add("f", "x");
        await using var mount = new TestMount(fs);

        (await mount.ShellAsync("python3 -c \"import os; f = os.open('f', os.O_RDWR); os.close(os.dup(f)); os.close(f)\"")).Succeeded();

        // A libfuse without the bit always flushes.
        Assert.Equal(FileInfoLayout.NoFlush == 0 ? 2 : expected, fs.Flushes);
    }

    [Fact(Timeout = Limit)]
    public async Task Reading_needs_no_flush()
    {
        var fs = new MemoryFileSystem();
        fs.Add("f", "x");
        await using var mount = new TestMount(fs);

        Assert.Equal("x", (await mount.ShellAsync("cat f")).Succeeded());

        Assert.Equal(0, fs.Flushes);
    }

    [Fact(Timeout = Limit)]
    public Task The_file_system_describes_itself() => RunAsync(direct: false, async (_, mount) =>
        Assert.Equal(
            "4096 4096 1000 700 600 50 20 255\n",
            (await mount.ShellAsync("stat -f -c '%s %S %b %f %a %c %d %l' . && df . >&2")).Succeeded()));

    [Fact(Timeout = Limit)]
    public async Task A_read_only_mount_refuses_changes()
    {
        var fs = new MemoryFileSystem();
        fs.Add("f", "");
        await using var mount = new TestMount(fs, new MountOptions { ReadOnly = true });

        Assert.Contains("Read-only file system", (await mount.ShellAsync("touch f")).Failed(), StringComparison.Ordinal);
    }

    private static string Text(MemoryFileSystem fs, string name) => Encoding.Latin1.GetString(fs.Files[$"/{name}"].Content);

    private static async Task RunAsync(bool direct, Func<MemoryFileSystem, TestMount, Task> test)
    {
        var fs = new MemoryFileSystem { UseDirectIO = direct };
        await using var mount = new TestMount(fs);
        await test(fs, mount);
        Assert.Empty(fs.TakeErrors());
    }
}
