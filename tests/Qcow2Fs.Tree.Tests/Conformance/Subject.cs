using System.Buffers.Binary;
using System.Collections.Immutable;
using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests.Conformance;

/// <summary>A tree that the table is about: the files that it is made of, and the paths that are tried.</summary>
internal sealed class Subject
{
    private const uint BackingFormat = 0xe2792aca;
    private const uint DataFile = 0x44415441;
    private const uint CryptoHeader = 0x0537be77;
    private const uint FeatureTable = 0x6803f857;
    private const uint Bitmaps = 0x23852875;

    // The names of images are part of sentences, so they are the same in each directory.
    private const string Disk = "disk.qcow2";

    /// <summary>The name of its table.</summary>
    public required string Name { get; init; }

    /// <summary>The image files by their names in the directory.</summary>
    public required ImmutableSortedDictionary<string, byte[]> Files { get; init; }

    /// <summary>The paths, separated by blanks; / is the root.</summary>
    public required string Paths { get; init; }

    /// <summary>What is done to a new tree before the operation.</summary>
    public Action<ITree> Prepare { get; init; } = _ => { };

    /// <summary>What is done to the directory after the tree was made.</summary>
    public Action<string> Disturb { get; init; } = _ => { };

    /// <summary>What lasts as long as the table is tried.</summary>
    public Func<string, IDisposable?> Hold { get; init; } = _ => null;

    /// <summary>Whether all operations are tried.</summary>
    public bool HasEverything { get; init; }

    /// <summary>Whether the tree is that of the folder.</summary>
    public bool IsFolder { get; init; }

    public IEnumerable<Operation> Operations =>
        [.. Operation.Basic, .. HasEverything ? Operation.More : [], .. IsFolder ? Operation.BetweenImages : []];

    /// <summary>Every subject.</summary>
    public static readonly ImmutableArray<Subject> All =
    [
        new()
        {
            Name = "full",
            HasEverything = true,
            Files = One(Full()),
            Paths = """
                / header features features/incompatible extensions encryption bitmaps bitmaps/b0 snapshots snapshots/0
                header/magic header/version header/header_length header/size header/incompatible_features header/l1_size
                header/compression_type header/nothing
                features/compatible/lazy_refcounts features/compatible/0 features/incompatible/dirty features/autoclear/9
                features/autoclear/10
                features/incompatible/64 features/nothing
                extensions/0xcafe extensions/0xCAFE extensions/0x0000cafe.2 extensions/0xcafe.3 extensions/0x5 extensions/0x44415441
                extensions/0x0
                extensions/0x51324653 extensions/nothing extensions/malformed
                backing_file backing_format data_file encryption/offset encryption/length encryption/nothing
                bitmaps/b0/flags bitmaps/b0/name bitmaps/b0/nothing bitmaps/none bitmaps/none/name
                snapshots/0/date_sec snapshots/0/name snapshots/0/icount snapshots/1 snapshots/00
                header.bin header.orig.bin header.json layout problems last_error
                sedabcdef header/.size.swp header/sizeABCDEF backing_file~ nothing nothing/x header/size/x //header//size/
                """,
            Prepare = tree => tree.WriteFile("header/.size.swp", "scratch"u8),
        },
        new()
        {
            Name = "plain",
            Files = One(new HeaderBuilder().ClusterBits(12).Build()),
            Paths = """
                extensions encryption bitmaps snapshots header/size features/compatible/lazy_refcounts features/autoclear/63
                extensions/0xcafe extensions/0xcafe.2 extensions/0xcafe.3 extensions/0x44415441 extensions/0x23852875 extensions/0x0537be77
                extensions/0xe2792aca
                extensions/malformed backing_file backing_format data_file encryption/offset bitmaps/none snapshots/0 header.json problems
                """,
        },
        new()
        {
            Name = "version-2",
            Files = One(new HeaderBuilder().Version(2).ClusterBits(12).Extension(BackingFormat, "raw").Backing("base.img").Build()),
            Paths = """
                header features features/compatible extensions header/version header/size header/refcount_order
                header/incompatible_features header/header_length
                features/incompatible/dirty features/compatible/5 extensions/0xcafe backing_file backing_format data_file header.json
                problems
                """,
        },
        new()
        {
            Name = "short",
            Files = One(new HeaderBuilder().HeaderLength(104).ClusterBits(12).Backing("base.img").Build()),
            Paths = "header header/header_length header/compression_type header/size features/incompatible/compression_type " +
                "extensions/0xcafe backing_file",
        },
        new()
        {
            Name = "tight",
            Files = One(new HeaderBuilder().ClusterBits(9).Extension(0xcafe, new byte[376]).Backing("base.img").Build()),
            Paths = """
                header/size header/header_length features/compatible/lazy_refcounts features/autoclear/9 extensions/0xcafe
                extensions/0xcafe.2 extensions/0x5
                backing_file backing_format data_file header.bin header.json sedabcdef
                """,
        },
        new()
        {
            Name = "malformed",
            Files = One(new HeaderBuilder().ClusterBits(12).Extension(0xcafe, "first").Extension(2, "long"u8.ToArray(), claimed: 0x7fffffff)
                .Build()),
            Paths = """
                extensions header/size header/version header/header_length features/compatible/lazy_refcounts features/incompatible/dirty
                extensions/0xcafe extensions/0x5 extensions/malformed backing_file backing_format data_file header.bin header.orig.bin
                header.json problems
                """,
        },
        new()
        {
            Name = "odd-cluster",
            Files = One(new HeaderBuilder().ClusterBits(63).Extension(0xcafe, "first").Backing("base.img").Build()),
            Paths = "header/cluster_bits header/size features/compatible/lazy_refcounts extensions/0xcafe extensions/0x5 backing_file " +
                "header.bin header.json problems",
        },
        new()
        {
            Name = "tables",
            Files = One(Tables()),
            Paths = """
                l1 l1/0 l1/1 l1/3 l1/4 l2 l2/0 l2/0/0 l2/0/1 l2/0/256 l2/0/0.bitmap l2/2 l2/2/0
                refcount_table refcount_table/0 refcounts refcounts/0 refcounts/9 refcounts/2048 refcounts/4096 refcounts/1048576
                bitmaps/b0/flags bitmaps/b0/table/0 bitmaps/b0/table/1 snapshots/0/l1_size snapshots/0/l1/0 snapshots/0/l2/0/0
                """,
        },
        new()
        {
            Name = "busy",
            Files = One(Full()),
            Paths = """
                header header/size features/compatible/lazy_refcounts features/incompatible/dirty extensions/0xcafe extensions/0x5
                backing_file data_file
                encryption/offset bitmaps/b0/flags header.bin header.orig.bin header.json problems last_error sedabcdef nothing refcounts/9
                """,
            // A writer that does not mind what the header says.
            Hold = directory => new Holder(Path.Combine(directory, Disk), "-f", "raw"),
        },
        new()
        {
            Name = "gone",
            Files = One(Full()),
            Paths = """
                / header features extensions encryption bitmaps header/size features/compatible/lazy_refcounts extensions/0xcafe
                backing_file
                l1 l1/0 refcounts refcounts/9
                bitmaps/b0/flags header.bin header.orig.bin header.json problems last_error sedabcdef nothing
                """,
            Disturb = directory => File.Delete(Path.Combine(directory, Disk)),
        },
        new()
        {
            Name = "folder",
            HasEverything = true,
            IsFolder = true,
            Files = new Dictionary<string, byte[]>
            {
                ["a.qcow2"] = Small(),
                ["sub/b.qcow2"] = Small(),
                ["sub/deep/name with é"] = Small(),
                ["notes.txt"] = "no image"u8.ToArray(),
                ["empty"] = [],
            }.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Paths = """
                / a.qcow2 a.qcow2/header a.qcow2/header/size a.qcow2/extensions/0xcafe a.qcow2/extensions/0x5 a.qcow2/problems
                a.qcow2/last_error a.qcow2/nothing
                a.qcow2/sedabcdef sub sub/b.qcow2 sub/b.qcow2/header/size sub/b.qcow2/extensions/0xcafe sub/nothing
                sub/deep sub/deep/name%20with%20é sub/deep/name%20with%20é/backing_file
                notes.txt notes.txt/header empty link link.qcow2 link.qcow2/header/size link/b.qcow2
                nothing nothing/x
                """,
        },
    ];

    /// <summary>Makes the files in a directory, where they are not that already.</summary>
    public void Restore(string directory)
    {
        foreach (var (name, bytes) in Files)
        {
            var path = Path.Combine(directory, name);
            if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, bytes);
                Chmod(path, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP);
            }
        }

        if (IsFolder && !Directory.Exists(Path.Combine(directory, "link")))
        {
            Directory.CreateSymbolicLink(Path.Combine(directory, "link"), "sub");
            File.CreateSymbolicLink(Path.Combine(directory, "link.qcow2"), "a.qcow2");
            foreach (var folder in Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories).Append(directory))
            {
                Chmod(folder, FilePermissions.S_IRWXU);
            }
        }
    }

    /// <summary>A new tree of the files in a directory, and what is to be disposed of after it.</summary>
    public (ITree Tree, IDisposable Source) Open(string directory)
    {
        if (IsFolder)
        {
            var folder = ImageFolder.At(directory);
            return (TreeFixture.TreeOf(folder), folder);
        }

        var image = ImageFile.At(Path.Combine(directory, Disk));
        return (TreeFixture.TreeOf(image), image);
    }

    /// <summary>The directory of the image that a path is in, and that of another one.</summary>
    public (string Image, string Other) ImagesOf(string path)
    {
        const string first = "a.qcow2/", second = "sub/b.qcow2/";
        return !IsFolder ? ("", "")
            : $"{path}/".StartsWith(second, StringComparison.Ordinal) ? (second, first)
            : path.StartsWith("sub/deep/name", StringComparison.Ordinal) ? ("sub/deep/name with é/", first)
            : (first, second);
    }

    private static void Chmod(string path, FilePermissions mode) => Assert.Equal(0, Syscall.chmod(path, mode));

    private static ImmutableSortedDictionary<string, byte[]> One(byte[] image) =>
        ImmutableSortedDictionary.Create<string, byte[]>(StringComparer.Ordinal).Add(Disk, image);

    private static byte[] Small() =>
        new HeaderBuilder().ClusterBits(12).Extension(0xcafe, "first").Extension(0xcafe, "second").Backing("base.img").Build();

    /// <summary>
    /// An image with tables in clusters of 4 KiB: refcount table 1, block 2 (the second entry leads past the end), L1 3 (the third entry
    /// leads past the end, the fourth is a lone flag), an L2 table of extended entries 4, a bitmap's table 5, the directories 6 and 7.
    /// </summary>
    private static byte[] Tables()
    {
        const int cluster = 4096;
        var bitmap = Records.Bitmap("b0", table: 5 * cluster, tableSize: 2);
        var snapshot = Records.Snapshot("1", "first", new byte[16]);
        BinaryPrimitives.WriteUInt64BigEndian(snapshot, 3 * cluster);
        var image = new byte[9 * cluster];
        new HeaderBuilder().ClusterBits(12).Field("incompatible_features", 1 << 4)
            .Field("refcount_table_offset", cluster).Field("refcount_table_clusters", 1)
            .Field("l1_size", 4).Field("l1_table_offset", 3 * cluster)
            .Field("nb_snapshots", 1).Field("snapshot_offset", 6 * cluster)
            .Extension(Bitmaps, Records.BitmapExtension(1, (ulong)bitmap.Length, 7 * cluster)).Build().CopyTo(image, 0);
        snapshot.CopyTo(image, 6 * cluster);
        bitmap.CopyTo(image, 7 * cluster);
        Put(cluster, 2 * cluster, 0x7fff000);
        Put(3 * cluster, 0x8000000000000000 + (4 * cluster), 0, 0x7fff000, 1UL << 63);
        Put(4 * cluster, 0x8000000000000000 + (8 * cluster), 0x100000003);
        Put(5 * cluster, 1);
        for (var i = 0; i < 9; i++)
        {
            image[(2 * cluster) + (2 * i) + 1] = 1;
        }

        return image;

        void Put(int offset, params ulong[] entries)
        {
            foreach (var (i, entry) in entries.Index())
            {
                BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(offset + (8 * i)), entry);
            }
        }
    }

    /// <summary>
    /// An image with an example of everything: 12 clusters of 4 KiB, the snapshot table in the tenth, the bitmap directory in the eleventh.
    /// </summary>
    private static byte[] Full()
    {
        const int cluster = 4096, snapshots = 10 * cluster, bitmaps = 11 * cluster;
        var snapshot = Records.Snapshot("1", "first", new byte[16]);
        var bitmap = Records.Bitmap("b0", table: 5 * cluster);
        var header = new HeaderBuilder().ClusterBits(12)
            .Field("incompatible_features", 1 << 2).Field("compatible_features", 1).Field("autoclear_features", (1 << 9) | 1)
            .Field("crypt_method", 2).Field("nb_snapshots", 1).Field("snapshot_offset", snapshots)
            .Extension(BackingFormat, "raw").Extension(DataFile, "data.img")
            .Extension(CryptoHeader, [0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0, 0, 0x10, 0])
            .Extension(0xcafe, "first").Extension(Bitmaps, Records.BitmapExtension(1, (ulong)bitmap.Length, bitmaps))
            .Extension(0xcafe, "second"u8.ToArray(), padding: 0xee)
            .Extension(FeatureTable, [2, 9, .. "nine"u8, .. new byte[42]])
            .Backing("base.img")
            .Build();
        var image = new byte[12 * cluster];
        header.CopyTo(image, 0);
        snapshot.CopyTo(image, snapshots);
        bitmap.CopyTo(image, bitmaps);
        return image;
    }
}
