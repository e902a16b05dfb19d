using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

/// <summary>What is kept between operations - problems, the indexes of tables - and that it never hides a change.</summary>
public sealed class LiveTests
{
    private const int Cluster = 4096;
    private const int Snapshots = 8 * Cluster;
    private const int Bitmaps = 16 * Cluster;
    private const uint BitmapsMagic = 0x23852875;

    // Longer than the resolution of any file system's times that the tree allows for.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(4.5);

    [Trait("Category", "Slow")]
    [Fact]
    public void An_image_of_qemu_img_has_no_problems()
    {
        using var directory = new TempDirectory();
        using var tree = new TreeFixture(File.ReadAllBytes(QemuImages.Named("default").Make(directory)));
        Assert.Equal("", tree.Text("problems"));
    }

    [Fact]
    public void A_change_of_the_header_through_the_tree_or_by_another_program_is_seen_in_problems()
    {
        using var directory = new TempDirectory();
        using var tree = new TreeFixture(File.ReadAllBytes(QemuImages.Named("default").Make(directory)));
        for (var i = 0; i < 20; i++)
        {
            tree.Write("features/incompatible/corrupt", "");
            Assert.Contains("corrupt", tree.Text("problems"), StringComparison.Ordinal);
            Poke(tree, 79, 0);
            Assert.Equal("", tree.Text("problems"));
            Poke(tree, 79, 1 << 3);
            Assert.Contains("features/incompatible/compression_type", tree.Text("problems"), StringComparison.Ordinal);
            tree.Remove("features/incompatible/compression_type");
            Assert.Equal("", tree.Text("problems"));
        }
    }

    // The header stays the same, and the file's times may do so as well: a tick of the clock is some milliseconds.
    [Fact]
    public void A_change_of_a_table_by_another_program_is_seen_at_once()
    {
        using var tree = new TreeFixture(Image(2));
        for (var i = 0; i < 50; i++)
        {
            var letter = (char)('a' + (i % 26));
            Poke(tree, NameOf(Bitmaps), (byte)letter);
            Poke(tree, Snapshots + 40 + 1, (byte)letter);
            Assert.Equal([$"{letter}0000", "b0001"], tree.List("bitmaps").Order(StringComparer.Ordinal).OrderBy(n => n == "b0001"));
            Assert.Equal($"{letter}0000\n", tree.Text($"bitmaps/{letter}0000/name"));
            Assert.Equal($"{letter}0000\n", tree.Text("snapshots/0/name"));
            Poke(tree, Bitmaps + 17, (byte)(i % 2 == 0 ? 99 : 16));
            Assert.Equal(i % 2 == 0, tree.Text("problems").Contains("constraints", StringComparison.Ordinal));
        }
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void What_has_not_changed_is_not_read_again()
    {
        using var tree = new TreeFixture(Image(60));
        Thread.Sleep(s_settled);
        foreach (var path in new[] { "problems", "bitmaps/b0059/flags", "snapshots/59/name" })
        {
            var first = Allocated(() => tree.Tree.Stat(Encoding.UTF8.GetBytes(path)));
            var second = Allocated(() => tree.Tree.Stat(Encoding.UTF8.GetBytes(path)));
            Assert.True(second < first / 4, $"{path}: {first} bytes the first time, {second} the second");
        }

        // And then a change is seen all the same.
        var before = tree.Text("problems");
        Poke(tree, Bitmaps + 17, 99);
        Poke(tree, NameOf(Bitmaps), (byte)'x');
        Poke(tree, Snapshots + 40 + 1, (byte)'x');
        Assert.NotEqual(before, tree.Text("problems"));
        Assert.Contains("x0000", tree.List("bitmaps"));
        Assert.False(tree.Exists("bitmaps/b0000"));
        Assert.Equal("x0000\n", tree.Text("snapshots/0/name"));

        static long Allocated(Action look)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            look();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void A_reader_keeps_the_content_of_its_open_and_an_entry_that_goes_is_gone()
    {
        using var tree = new TreeFixture(Image(2));
        var name = tree.Open("snapshots/1/name");
        var problems = tree.Open("problems");
        var found = problems.Content.ToArray();
        tree.Write("header/nb_snapshots", "1");
        Assert.Equal(["0"], tree.List("snapshots"));
        Assert.False(tree.Exists("snapshots/1/name"));
        Assert.Equal("b0001\n", Encoding.ASCII.GetString(name.Content.Span));
        Assert.Equal(found, problems.Content.ToArray());
        name.Release();
        problems.Release();
    }

    [Fact]
    public void A_table_is_shown_as_far_as_it_decodes_and_problems_has_the_reason()
    {
        using var tree = new TreeFixture(Image(3));
        // The second entry claims extra data that leaves the file: its fields are there, the third entry is not.
        var second = Snapshots + Records.Snapshot("1", "b0000").Length;
        Poke(tree, second + 36, 0x7f, 0xff, 0xff, 0xff);
        Assert.Equal(["0", "1"], tree.List("snapshots"));
        Assert.Contains("snapshots/1", tree.Text("problems"), StringComparison.Ordinal);
        tree.Write("header/snapshot_offset", "0xffffffffffff0000");
        Assert.Empty(tree.List("snapshots"));
        Assert.Equal(3, tree.List("bitmaps").Count());
    }

    [Fact]
    public void Names_of_bitmaps_are_made_safe_and_unique()
    {
        var entries = new[] { "", ".", "..", "a/b", "50%", "dup", "dup", "line\nfeed" }.Select(name => Records.Bitmap(name)).ToArray();
        using var tree = new TreeFixture(Image([], entries));
        Assert.Equal(["%", "%2E", "%2E%2E", "a%2Fb", "50%25", "dup", "dup%.6", "line%0Afeed"], tree.List("bitmaps"));
        Assert.Equal("a/b\n", tree.Text("bitmaps/a%2Fb/name"));
        Assert.Equal("dup\n", tree.Text("bitmaps/dup%.6/name"));
    }

    [Fact]
    public void An_image_that_is_away_is_EIO_and_back_when_it_is()
    {
        using var tree = new TreeFixture(Image(1));
        var away = tree.ImagePath + ".away";
        foreach (var path in new[] { "problems", "snapshots/0/name", "header/size", "header.orig.bin" })
        {
            var content = tree.Text(path);
            File.Move(tree.ImagePath, away);
            var refused = Assert.Throws<TreeException>(() => tree.Text(path));
            Assert.Equal(Errno.EIO, refused.Errno);
            Assert.Equal(refused.Message + "\n", tree.Tree.ReadText("last_error"));
            File.Move(away, tree.ImagePath);
            Assert.Equal(content, tree.Text(path));
        }
    }

    private static void Poke(TreeFixture tree, int offset, params byte[] bytes)
    {
        using var file = File.OpenHandle(tree.ImagePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, bytes, offset);
    }

    // The name of a bitmap without extra data follows its fixed fields.
    private static int NameOf(int entry) => entry + 24;

    private static byte[] Image(int entries)
    {
        var names = Enumerable.Range(0, entries).Select(i => $"b{i:d4}").ToList();
        return Image([.. names.Select(name => Records.Snapshot("1", name))], [.. names.Select(name => Records.Bitmap(name))]);
    }

    private static byte[] Image(byte[][] snapshots, byte[][] bitmaps)
    {
        byte[] snapshotTable = [.. snapshots.SelectMany(s => s)], directory = [.. bitmaps.SelectMany(b => b)];
        var image = new byte[24 * Cluster];
        new HeaderBuilder().ClusterBits(12)
            .Field("nb_snapshots", (ulong)snapshots.Length).Field("snapshot_offset", Snapshots).Field("autoclear_features", 1)
            .Extension(BitmapsMagic, Records.BitmapExtension((uint)bitmaps.Length, (ulong)directory.Length, Bitmaps))
            .Build().CopyTo(image, 0);
        snapshotTable.CopyTo(image, Snapshots);
        directory.CopyTo(image, Bitmaps);
        return image;
    }
}
