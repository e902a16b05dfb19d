using System.Globalization;
using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Check;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;
using Qcow2Fs.Tree.Handles;
using Qcow2Fs.Tree.Nodes;
using Qcow2Fs.Tree.Session;
using Xunit.Abstractions;

namespace Qcow2Fs.Tree.Tests;

/// <summary>
/// Mutated headers through decode, view and check: none may throw anything but a refusal, or allocate by its numbers.
/// <c>Q2FS_FUZZ</c> says how many; without it, as many as fit a test run.
/// </summary>
[Trait("Category", "Slow")]
public class FuzzTests(ITestOutputHelper output)
{
    private const int Workers = 2;
    private const int PartCount = 10;

    // Every tree is listed and each name looked up; one in 16 is read as well.
    private const int OpenedOneIn = 16;

    // Of a table with 65,536 entries the first ones will do.
    private const int MaxEntries = 8;

    // All that one look costs, most of it short-lived: the JSON of 262,000 extensions is what costs most.
    private const long MaxBytes = 192L << 20;

    private static readonly int s_count = int.TryParse(
        Environment.GetEnvironmentVariable("Q2FS_FUZZ"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var count)
        ? count
        : 1_000_000;

    private static readonly Errno[] s_refusals = [Errno.EINVAL, Errno.ENOENT, Errno.ENXIO, Errno.EOPNOTSUPP];

    // In parts, so that a run that hangs is told from a long one.
    public static TheoryData<int> Parts => [.. Enumerable.Range(0, PartCount)];

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task No_header_makes_decode_view_or_check_fail(int part)
    {
        var count = s_count / PartCount;
        var seed = Seed.First + (part * count);
        output.WriteLine($"{count} headers, seeds from {seed} on");
        var files = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => Run(seed + worker, seed + count))));
        output.WriteLine($"{files.Sum()} files were listed");
        Assert.True(files.Sum() > 10L * count, "the trees have fewer files than they should");
    }

    /// <summary>
    /// Tables behind the header, of which one in 1000 as many are tried; each file is opened, and an entry of each table is written.
    /// </summary>
    [Fact]
    public async Task No_tables_make_the_tree_fail()
    {
        var count = s_count / 1000;
        output.WriteLine($"{count} images, seeds from {Seed.First} on");
        var files = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() =>
            Run(Seed.First + worker, Seed.First + count, HostileTables.Next, openOneIn: 1, WriteEntries))));
        output.WriteLine($"{files.Sum()} files were listed");
        Assert.True(files.Sum() > 30L * count, "the trees have fewer files than they should");
    }

    private static long Run(
        int first, int end, Func<Random, byte[]>? next = null, int openOneIn = OpenedOneIn, Action<ImageTree, Random>? change = null)
    {
        using var directory = new TempDirectory();
        var path = directory["image"];
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        using var image = ImageFile.At(path);
        var tree = new ImageTree(image);
        var files = 0L;
        for (var seed = first; seed < end; seed += Workers)
        {
            try
            {
                var random = new Random(seed);
                var bytes = (next ?? MutatedHeader.Next)(random);
                RandomAccess.SetLength(file, bytes.Length);
                RandomAccess.Write(file, bytes, 0);
                files += Look(tree, open: seed % openOneIn == 0);
                change?.Invoke(tree, random);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }

        return files;
    }

    // Only what the table of errno says may be refused.
    private static void WriteEntries(ImageTree tree, Random random)
    {
        string[] tables = ["l1", "refcount_table", "refcounts", "bitmaps/a/table", "snapshots/0/l1", "l2/0", "snapshots/1/l2/0"];
        foreach (var directory in tables)
        {
            var path = Encoding.UTF8.GetBytes($"{directory}/{random.Next(100)}{(random.Next(9) == 0 ? ".bitmap" : "")}");
            try
            {
                tree.Replace(tree.Read(), path, "1"u8.ToArray());
            }
            catch (TreeException e)
            {
                Assert.Contains(e.Errno, s_refusals);
            }
        }
    }

    private static int Look(ImageTree tree, bool open)
    {
        var view = tree.Read();
        Bounded("check", () => ImageCheck.Run(view.Header, view.Bytes));
        return Look(tree, ImageNodes.Root, view, "", open);
    }

    private static int Look(ImageTree tree, DirectoryNode directory, ReadView view, string path, bool open)
    {
        var files = 0;
        foreach (var node in tree.List(view, directory).Take(MaxEntries))
        {
            // What is listed is found by its name, and is what the list says.
            Assert.Equal(node.Name, directory.Find(view, node.NameBytes)?.Name);
            Assert.True(node.Exists(view), node.Name);
            _ = node.SummaryIn(view);
            if (node is DirectoryNode below)
            {
                files += Look(tree, below, view, $"{path}/{below.Name}", open);
                continue;
            }

            var file = (FileNode)node;
            if (open)
            {
                Bounded($"{path}/{file.Name}", () => Read(tree, view, file, $"{path}/{file.Name}"));
            }

            files++;
        }

        return files;
    }

    private static FileHandle Read(ImageTree tree, ReadView view, FileNode file, string path)
    {
        var handle = tree.Open(view, Encoding.UTF8.GetBytes(path), write: false, truncate: false)!;
        Assert.Equal(file.Size(view), handle.Content.Length);
        handle.Release();
        return handle;
    }

    private static void Bounded(string what, Func<object> look)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull(look());
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= MaxBytes, $"{what} allocated {allocated >> 20} MiB");
    }
}
