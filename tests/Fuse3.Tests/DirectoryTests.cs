using System.Globalization;

namespace Fuse3.Tests;

public class DirectoryTests
{
    private const int Limit = 60_000;

    private static readonly (string Name, ulong NextOffset)[] s_bad =
        [("", 1), (new('n', 256), 1), ("a/b", 1), ("a\0b", 1), ("a", 0), ("a", ulong.MaxValue)];

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(262_144)]
    public async Task Every_name_is_listed_once_and_in_order(int count)
    {
        var fs = new ListingFileSystem(count);
        await using var mount = new TestMount(fs);

        var names = (await mount.ShellAsync("ls -U")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(Enumerable.Range(0, count).Select(i => i.ToString("D8", CultureInfo.InvariantCulture)), names);
        // Pages, not the whole directory at once.
        Assert.True(fs.Calls > count / 10_000, $"{fs.Calls} calls");
    }

    [Fact(Timeout = Limit)]
    public async Task A_listing_can_seek_back()
    {
        await using var mount = new TestMount(new ListingFileSystem(5_000));
        using var source = new TestDirectory();
        var program = Path.Combine(source.Path, "seek");
        var code = Path.Combine(source.Path, "seek.c");
        await File.WriteAllTextAsync(code, """
            #include <dirent.h>
            #include <stdio.h>
            #include <string.h>
            int main(int argc, char **argv)
            {
                DIR *d = opendir(argv[1]);
                char name[256];
                for (int i = 0; i < 3000; i++) readdir(d);
                long offset = telldir(d);
                strcpy(name, readdir(d)->d_name);
                while (readdir(d)) { }
                seekdir(d, offset);
                printf("%s %s", name, readdir(d)->d_name);
                rewinddir(d);
                printf(" %s\n", readdir(d)->d_name);
                return 0;
            }
            """);
        (await Child.RunAsync("gcc", "-o", program, code)).Succeeded();

        Assert.Equal("00003000 00003000 00000000\n", (await Child.RunAsync(program, mount.Path)).Succeeded());
    }

    [Fact(Timeout = Limit)]
    public async Task Names_are_bytes()
    {
        string all = new([.. Enumerable.Range(1, 255).Where(i => i != '/').Select(i => (char)i)]);
        string[] names = [all, "\xFF\xFE", " ", "a\nb", new string('n', 255), "-rf", "\xC3"];
        var fs = new MemoryFileSystem();
        foreach (var name in names)
        {
            fs.Add(name, "x");
        }

        await using var mount = new TestMount(fs);

        var listed = (await mount.ShellAsync("find . -type f -print0")).Succeeded();

        string[] found = [.. listed.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(name => name["./".Length..])];
        Assert.Equal(names.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        Assert.Equal($"{names.Length}\n", (await mount.ShellAsync("find . -type f -exec cat {} + | wc -c")).Succeeded());
    }

    [Fact(Timeout = Limit)]
    public async Task A_bad_entry_is_an_error_and_not_a_listing()
    {
        var fs = new BadEntryFileSystem();
        await using var mount = new TestMount(fs);

        foreach (var entry in s_bad)
        {
            fs.Entry = entry;
            Assert.Contains("Input/output error", (await mount.ShellAsync("ls")).Failed(), StringComparison.Ordinal);
            Assert.IsAssignableFrom<ArgumentException>(fs.LastError);
        }
    }

    private sealed class BadEntryFileSystem : FuseFileSystemBase
    {
        public (string Name, ulong Offset) Entry { get; set; }

        public Exception? LastError { get; private set; }

        public override int OnError(string operation, Exception exception)
        {
            LastError = exception;
            return base.OnError(operation, exception);
        }

        public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
        {
            stat = new FileStat { Mode = 0x41ED, LinkCount = 2 };
            return path.Length == 1 ? 0 : -Errno.ENOENT;
        }

        public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
        {
            content.AddEntry(System.Text.Encoding.Latin1.GetBytes(Entry.Name), Entry.Offset);
            return 0;
        }
    }
}
