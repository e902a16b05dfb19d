using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

/// <summary>Entries of tables as files, against a second reader of the same images.</summary>
public sealed class TableTests
{
    private const int WritesPerImage = 24;

    private static readonly string[] s_directories = ["l1", "l2", "refcount_table", "refcounts", "bitmaps", "snapshots"];

    private static readonly ImmutableArray<QemuImage> s_images =
    [
        .. QemuImages.All.Where(image => image.Name is not ("huge" or "preallocated")),
        .. new[] { 1, 2, 4, 8, 32 }.Select(bits => new QemuImage(
            $"refcounts-{bits}", ["-o", $"refcount_bits={bits},cluster_size={512 << (bits % 5)}"])),
        new("two-snapshots-of-extended", ["-o", "extended_l2=on,cluster_size=16k"], "4M",
            ["snapshot", "-c", "a", "{image}"], ["snapshot", "-c", "b", "{image}"]),
    ];

    private static readonly ConcurrentDictionary<string, byte[]> s_filled = new();

    public static TheoryData<string> Images => [.. s_images.Select(image => image.Name)];

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Images))]
    public void The_tree_has_the_entries_that_the_second_reader_finds_and_no_others(string name)
    {
        using var tree = new TreeFixture(Filled(name));
        var expected = ReferenceTables.Read(tree.Bytes).Where(entry => entry.Exists).ToDictionary(entry => entry.Path, entry => entry.Text);
        var found = Files(tree).ToDictionary(path => path, tree.Text);
        Assert.Equal(expected.OrderBy(e => e.Key, StringComparer.Ordinal), found.OrderBy(e => e.Key, StringComparer.Ordinal));
        Assert.Contains("refcounts/0", found.Keys);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Images))]
    public void A_write_changes_the_bits_of_its_entry_and_no_other(string name)
    {
        var image = Filled(name);
        using var tree = new TreeFixture(image);
        var random = new Random(Seed.First);
        // Half of them exist, so that most kinds come.
        var entries = ReferenceTables.Read(image).Where(entry => entry.Offset + (entry.Bits / 8) < image.Length).GroupBy(e => e.Exists)
            .SelectMany(group => random.GetItems(group.ToArray(), WritesPerImage / 2)).ToList();
        foreach (var entry in entries)
        {
            var value = ((ulong)random.NextInt64() << 1 | 1) >> random.Next(64 - entry.Bits, 64);
            tree.Write(entry.Path, $"{(random.Next(2) == 0 ? $"0x{value:x}" : value)}\n");
            Assert.Equal(entry.With(image, value), tree.Bytes);
            File.WriteAllBytes(tree.ImagePath, image);
            if (!entry.IsField && entry.Exists)
            {
                tree.Remove(entry.Path);
                Assert.Equal(entry.With(image, 0), tree.Bytes);
                Assert.False(tree.Exists(entry.Path));
                File.WriteAllBytes(tree.ImagePath, image);
            }
        }
    }

    /// <summary>With an external data file 0 is an offset like another one (specification, "Standard Cluster Descriptor").</summary>
    [Fact]
    public void A_cluster_at_the_start_of_the_data_file_is_data()
    {
        using var tree = new TreeFixture(Filled("bitmap"));
        tree.Write("l2/0/0", "0x8000000000000000");
        Assert.Equal("no data, copied", Summary(tree));
        tree.Write("features/incompatible/2", "");
        Assert.Equal("data at 0x0 of the data file, copied", Summary(tree));

        static string Summary(TreeFixture fixture)
        {
            var tree = (ImageTree)fixture.Tree;
            var view = tree.Read();
            return ImageTree.Summary(view, tree.Find(view, "l2/0/0"u8)!);
        }
    }

    [Fact]
    public void A_file_exists_while_its_entry_is_not_0()
    {
        using var tree = new TreeFixture(Filled("default"));
        var image = tree.Bytes;
        Assert.False(tree.Exists("l1/1"));
        tree.Create("l1/0").Release();
        tree.Write("l1/0", "");
        tree.Write("l1/0", "\n");
        Assert.Equal(image, tree.Bytes);

        tree.Write("refcounts/9", "3");
        Assert.Equal("3\n", tree.Text("refcounts/9"));
        Assert.Contains("9", tree.List("refcounts"));
        tree.Write("refcounts/9", "0");
        Assert.False(tree.Exists("refcounts/9"));
        Assert.DoesNotContain("9", tree.List("refcounts"));

        // A program that has just created it asks for its attributes; nothing is left behind.
        var handle = tree.Create("refcounts/9");
        Assert.True(tree.Exists("refcounts/9"));
        handle.Release();
        Assert.False(tree.Exists("refcounts/9"));
        Assert.Equal(image, tree.Bytes);

        // In pieces, as in every text file.
        handle = tree.Create("refcounts/9");
        handle.Write(0, "1"u8, append: false);
        handle.Write(1, "2\n"u8, append: false);
        handle.Release();
        Assert.Equal("12\n", tree.Text("refcounts/9"));
    }

    [Fact]
    public void Tools_that_replace_a_file_change_the_entry()
    {
        using var tree = new TreeFixture(Filled("snapshots"));
        foreach (var path in new[] { "refcounts/2", "l2/0/1", "snapshots/1/date_sec", "snapshots/2/l2/0/0" })
        {
            var copy = path[..(path.LastIndexOf('/') + 1)] + "sedABCDEF";
            tree.Create(copy).Release();
            tree.Write(copy, "1\n");
            Assert.Contains("sedABCDEF", tree.List(path[..path.LastIndexOf('/')]));
            tree.Rename(copy, path);
            Assert.Equal(ReferenceTables.Read(tree.Bytes).First(e => e.Path == path) is { IsHex: true } ? "0x1\n" : "1\n", tree.Text(path));
            Assert.DoesNotContain("sedABCDEF", tree.List(path[..path.LastIndexOf('/')]));
        }
    }

    [Theory]
    [InlineData("l1/0", "much", Errno.EINVAL, "'much' is not a number")]
    [InlineData("l1/0", "1K", Errno.EINVAL, "'1K' is not a number")]
    [InlineData("l1/0", "0x10000000000000000", Errno.ERANGE, "is above 2^64-1")]
    [InlineData("refcounts/1", "65536", Errno.ERANGE, "65536 does not fit the entry, which has 16 bits")]
    [InlineData("bitmaps/first/type", "256", Errno.ERANGE, "256 does not fit type, which has 8 bits")]
    [InlineData("l1/1", "1", Errno.EINVAL, "1 is not an index of this table, which has 1 entries: write a number from 0 to 0")]
    [InlineData("l1/00", "1", Errno.EINVAL, "00 is not the name of an entry: write 0, without zeros before it")]
    [InlineData("l1/0x0", "1", Errno.EINVAL, "0x0 is not an index of this table")]
    [InlineData("l1/-1", "1", Errno.EINVAL, "-1 is not an index of this table")]
    [InlineData("l2/0/8192", "1", Errno.EINVAL, "which has 8192 entries: write a number from 0 to 8191")]
    [InlineData("l2/0/0.bitmap", "1", Errno.EINVAL, "0.bitmap is not an index of this table")]
    [InlineData("l2/1/0", "1", Errno.ENOENT, "there is no such directory")]
    [InlineData("l2/0", "1", Errno.EISDIR, "is a directory")]
    [InlineData("l2/x", "1", Errno.EPERM, "l2 has no file x")]
    [InlineData("refcount_table/8192", "1", Errno.EINVAL, "8192 is not an index of this table, which has 8192 entries")]
    [InlineData("refcounts/32768", "1", Errno.ENOENT, "refcount_table/1 leads to no refcount block")]
    [InlineData("refcounts/268435456", "1", Errno.EINVAL, "which has 268435456 entries: write a number from 0 to 268435455")]
    [InlineData("bitmaps/first/table/1", "1", Errno.EINVAL, "1 is not an index of this table, which has 1 entries")]
    [InlineData("bitmaps/first/name", "x", Errno.EACCES, "is read-only")]
    [InlineData("bitmaps/first/nothing", "1", Errno.EPERM, "first has no file nothing")]
    public void A_wrong_write_is_refused_with_a_sentence(string path, string text, Errno errno, string sentence)
    {
        using var tree = new TreeFixture(Filled("bitmap"));
        tree.Refused(errno, () => tree.Write(path, text));
        Assert.Contains(sentence, tree.Text("last_error"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bitmap", "bitmaps/first", "bitmaps/%.0", "name_size", "0xffff", "Broken bitmap directory")]
    [InlineData("bitmap", "bitmaps/first", "bitmaps/%.0", "extra_data_size", "0xffffffff", "bitmaps/%.0: ")]
    [InlineData("snapshot", "snapshots/0", "snapshots/0", "extra_data_size", "0xffffffff", "snapshots/0: ")]
    public void A_record_whose_own_length_is_wrong_is_mended_by_its_own_file(
        string fixture, string path, string cutPath, string field, string length, string problem)
    {
        using var tree = new TreeFixture(Filled(fixture));
        var (before, old) = (tree.Bytes, tree.Text($"{path}/{field}"));

        tree.Write($"{path}/{field}", length);
        Assert.Equal([Path.GetFileName(cutPath)], tree.List(Path.GetDirectoryName(cutPath)!));
        Assert.Contains(problem, tree.Text("problems"), StringComparison.Ordinal);

        tree.Write($"{cutPath}/{field}", old);
        Assert.Equal(before, tree.Bytes);
    }

    [Fact]
    public void What_cannot_be_removed_or_renamed_is_refused()
    {
        using var tree = new TreeFixture(Filled("bitmap"));
        tree.Refused(Errno.EPERM, () => tree.Remove("bitmaps/first/flags"));
        tree.Refused(Errno.ENOENT, () => tree.Remove("l1/1"));
        tree.Refused(Errno.ENOENT, () => tree.Remove("refcounts/100"));
        tree.Refused(Errno.EPERM, () => tree.Rename("l1/0", "refcounts/3"));
        tree.Refused(Errno.EISDIR, () => tree.Remove("l2/0"));
    }

    [Fact]
    public void An_image_in_use_is_refused_and_reads_go_on()
    {
        using var tree = new TreeFixture(Filled("bitmap"));
        var flags = tree.Text("bitmaps/first/flags");
        using var holder = new Holder(tree.ImagePath, "-f", "raw");
        tree.Refused(Errno.EBUSY, () => tree.Write("bitmaps/first/flags", "7"));
        tree.Refused(Errno.EBUSY, () => tree.Create("refcounts/100"));
        tree.Refused(Errno.EINVAL, () => tree.Write("l1/0", "much"));
        tree.Refused(Errno.ERANGE, () => tree.Write("refcounts/0", "65536"));
        Assert.Equal(flags, tree.Text("bitmaps/first/flags"));
    }

    [Fact]
    public void An_entry_past_the_end_of_the_file_is_refused_and_no_file_grows()
    {
        using var tree = new TreeFixture(new HeaderBuilder().ClusterBits(16)
            .Field("l1_size", 100).Field("l1_table_offset", 0x10000 - 64)
            .Field("refcount_table_offset", ulong.MaxValue - 7).Field("refcount_table_clusters", 1).Build());
        Assert.Equal(0x10000, tree.Bytes.Length);
        Assert.Empty(tree.List("refcount_table"));
        Assert.Empty(tree.List("refcounts"));
        tree.Write("l1/7", "0x10000");
        Assert.Equal(["7"], tree.List("l1"));
        Assert.Empty(tree.List("l2"));
        tree.Refused(Errno.ENXIO, () => tree.Write("l1/8", "1"));
        tree.Refused(Errno.ENXIO, () => tree.Create("refcount_table/1"));
        Assert.Contains("past the end of the file, which has 65536 bytes", tree.Text("last_error"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_in_two_sectors_is_refused()
    {
        var image = new HeaderBuilder().ClusterBits(9).Field("l1_size", 128).Field("l1_table_offset", 515).Build();
        using var tree = new TreeFixture([.. image, .. new byte[2048]]);
        tree.Write("l1/62", "0x1122334455667788");
        Assert.Equal("0x1122334455667788\n", tree.Text("l1/62"));
        tree.Refused(Errno.EOPNOTSUPP, () => tree.Write("l1/63", "1"));
        Assert.Contains("lies in two sectors, at 0x3fb", tree.Text("last_error"), StringComparison.Ordinal);
    }

    /// <summary>The mount keeps the first cluster also when a table over it changes it.</summary>
    [Fact]
    public void A_table_over_the_header_changes_the_header()
    {
        using var tree = new TreeFixture(new HeaderBuilder().ClusterBits(12).Field("l1_size", 512).Field("l1_table_offset", 0).Build());
        var before = tree.Bytes;
        Assert.Equal("0x514649fb00000003\n", tree.Text("l1/0"));
        tree.Write("l1/3", "1048576");
        Assert.Equal("1048576\n", tree.Text("header/size"));
        Assert.Equal(before[..4096], tree.Read("header.orig.bin"));
    }

    [Fact]
    public void Refcounts_of_a_width_that_does_not_exist_are_none()
    {
        using var tree = new TreeFixture(new HeaderBuilder().ClusterBits(12).Field("refcount_order", 7)
            .Field("refcount_table_offset", 4096).Field("refcount_table_clusters", 1).Build());
        Assert.Empty(tree.List("refcounts"));
        tree.Refused(Errno.EINVAL, () => tree.Create("refcounts/0"));
    }

    [Fact]
    public void A_directory_of_millions_is_read_page_by_page()
    {
        // 4 Mi entries, of which the 70,000 last are not 0, in a file that is sparse elsewhere.
        using var tree = new TreeFixture(new HeaderBuilder().ClusterBits(16).Field("l1_size", 1 << 22).Field("l1_table_offset", 1 << 16)
            .Build());
        const int First = (1 << 22) - 70_000;
        using (var file = File.OpenWrite(tree.ImagePath))
        {
            file.Position = (1 << 16) + (8L * First);
            file.Write([.. Enumerable.Repeat((byte)0xff, 8 * 70_000)]);
        }

        var directory = tree.Tree.OpenDirectory("l1"u8)!;
        var (count, last) = (0, "");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (long? after = 0; after is { } cursor;)
        {
            var page = directory.Read(cursor);
            count += page.Entries.Count;
            last = page.Entries is [.., var (entry, _)] ? Encoding.UTF8.GetString(entry.NameBytes) : last;
            after = page.Next;
            Assert.InRange(page.Entries.Count, 0, 1024);
        }

        Assert.Equal((70_000, $"{(1 << 22) - 1}"), (count, last));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
        // Any cursor is taken.
        Assert.Equal("4194000", Encoding.UTF8.GetString(directory.Read(4_194_000).Entries[0].Entry.NameBytes));
        Assert.Empty(directory.Read(long.MaxValue).Entries);
        Assert.Equal($"{First}", Encoding.UTF8.GetString(directory.Read(-5).Entries[0].Entry.NameBytes));
    }

    // Made once: it takes three processes.
    private static byte[] Filled(string name) => [.. s_filled.GetOrAdd(name, Fill)];

    private static byte[] Fill(string name)
    {
        using var directory = new TempDirectory();
        var image = s_images.First(i => i.Name == name);
        var path = image.Make(directory);
        if (!image.IsEncrypted && image is { Size: not "0", Name: not "odd-size" })
        {
            string[] compressed = image.Name.StartsWith("data-file", StringComparison.Ordinal) ? [] : ["-c", "write -q -c 2M 2M"];
            Tool.Run("qemu-io", ["-c", "write -q 0 128k", "-c", "write -q -z 1M 128k", .. compressed, path]).Expect();
            if (image.More.Any(command => command[0] == "snapshot"))
            {
                QemuImg.Do("snapshot", "-c", "late", path);
                Tool.Run("qemu-io", "-c", "write -q 1M 2k", path).Expect();
            }
        }

        return File.ReadAllBytes(path);
    }

    private static List<string> Files(TreeFixture tree)
    {
        var files = new List<string>();
        s_directories.ToList().ForEach(Add);
        // These have no number.
        return [.. files.Where(path => path.Split('/')[^1] is not ("name" or "id_str" or "extra_data"))];

        void Add(string directory)
        {
            foreach (var entry in tree.Tree.List(directory)!)
            {
                var path = $"{directory}/{Encoding.UTF8.GetString(entry.NameBytes)}";
                if (entry.IsDirectory)
                {
                    Add(path);
                }
                else
                {
                    files.Add(path);
                }
            }
        }
    }
}
