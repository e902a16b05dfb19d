using System.Collections.Immutable;
using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Tests.Conformance;

/// <summary>One operation of the table.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Run">Does it and returns what is worth a mention beside "ok".</param>
internal sealed record Operation(string Name, Func<Bench, string> Run)
{
    // Wider than the widest first cluster.
    private static readonly byte[] s_tooMuch = new byte[(2 << 20) + 1];

    /// <summary>Those that every tree is tried with.</summary>
    public static readonly ImmutableArray<Operation> Basic =
    [
        new("stat", b => Show.Status(b.Tree.Stat(b.Path))),
        new("list", b => b.Tree.List(b.Name) is { } entries ? Show.List(entries, isOrdered: !b.IsOutsideOfImages)
            : throw new AbsentException()),
        new("room", b => $"{b.Tree.Room(b.Path)}"),
        new("read", b => b.Opened(write: false, truncate: false, handle => Show.Text(handle.Content.Span))),
        new("open for writing", b => b.Write(truncate: false, _ => { })),
        new("write what it holds", b =>
        {
            var content = b.Opened(write: false, truncate: false, handle => Encoding.Latin1.GetString(handle.Content.Span));
            return b.Write(truncate: true, handle => handle.Write(0, Encoding.Latin1.GetBytes(content), append: false));
        }),
        new("write 7", b => b.Write(truncate: true, Put("7"))),
        new("write seven.img", b => b.Write(truncate: true, Put("seven.img"))),
        new("write 1 and 2", b => b.Write(truncate: true, Put("1") + Put("2", 1))),
        new("append 9", b => b.Write(truncate: false, handle => handle.Write(0, "9"u8, append: true))),
        new("write 7 at 100", b => b.Write(truncate: false, Put("7", 100))),
        new("ftruncate to 3", b => b.Write(truncate: false, handle => handle.Truncate(3))),
        new("truncate to 3", b => Bench.Done(() => b.Tree.Truncate(b.Path, 3))),
        new("create, write 7", b => b.Create(Put("7"))),
        new("unlink", b => Bench.Done(() => b.Tree.Remove(b.Path))),
        new("unlink by mv, then create and write 7", b =>
        {
            b.Tree.Remove(b.Path, replacing: true);
            return b.Create(Put("7"));
        }),
        RenameTo("extensions/0x77"),
        RenameTo("features/incompatible/dirty"),
        RenameTo("sedABCDEF"),
        RenameOntoIt("extensions/0xcafe"),
        new("rename sedABCDEF (7) onto it", b => b.RenameScratchOnto("7"u8)),
        new("rename sedABCDEF (seven.img) onto it", b => b.RenameScratchOnto("seven.img"u8)),
        new("link to sedABCDEF", b => Bench.Done(() => b.Tree.Link(b.Path, b.In("sedABCDEF")))),
    ];

    /// <summary>Those that only trees with everything are tried with.</summary>
    public static readonly ImmutableArray<Operation> More =
    [
        new("refuse a shape", b => throw b.Tree.Refuse(b.Path, Errno.EPERM, "no such shape here")),
        new("read in pieces of 3", b => b.Opened(write: false, truncate: false, InPieces)),
        new("read past the end", b => b.Opened(write: false, truncate: false, handle => $"{handle.Read(1L << 40, new byte[1])} bytes")),
        new("write through a reader", b => b.Read(handle => handle.Write(0, "7"u8, append: false))),
        new("truncate through a reader", b => b.Read(handle => handle.Truncate(0))),
        new("open with O_TRUNC", b => b.Write(truncate: true, _ => { })),
        new("write 7 without O_TRUNC", b => b.Write(truncate: false, Put("7"))),
        new("write 7 and a newline", b => b.Write(truncate: true, Put("7\n"))),
        new("write nothing", b => b.Write(truncate: true, Put(""))),
        new("write a newline", b => b.Write(truncate: true, Put("\n"))),
        new("write 1, fsync, 2", b => b.Write(truncate: true, Put("1") + Flush + Put("2", 1))),
        new("write x at 2", b => b.Write(truncate: false, Put("x", 2))),
        new("write 7 at 2^32", b => b.Write(truncate: false, Put("7", 1L << 32))),
        new("write 7 at 2^63 - 2", b => b.Write(truncate: false, Put("7", long.MaxValue - 1))),
        new("write 2 MiB and a byte", b => b.Write(truncate: true, handle => handle.Write(0, s_tooMuch, append: false))),
        new("write 7, then what is refused, fsync", b => b.Write(truncate: true, handle =>
        {
            handle.Write(0, "7"u8, append: false);
            try
            {
                handle.Write(0, s_tooMuch, append: false);
            }
            catch (TreeException)
            {
                // As a program that ignores the error and goes on.
            }
        })),
        new("write 7 and never close", b => b.Opened(write: true, truncate: true, handle =>
        {
            handle.Write(0, "7"u8, append: false);
            return "";
        })),
        new("write 8 where another has written 7", b => b.Write(truncate: false, handle =>
        {
            b.Write(truncate: true, Put("7"));
            handle.Write(1, "8"u8, append: false);
        })),
        new("write 8 where another has removed it", b => b.Write(truncate: false, handle =>
        {
            b.Tree.Remove(b.Path);
            handle.Write(0, "8"u8, append: false);
        })),
        new("ftruncate to 0", b => b.Write(truncate: false, handle => handle.Truncate(0))),
        new("ftruncate to 2^40", b => b.Write(truncate: false, handle => handle.Truncate(1L << 40))),
        new("truncate to 0", b => Bench.Done(() => b.Tree.Truncate(b.Path, 0))),
        new("truncate to 2^40", b => Bench.Done(() => b.Tree.Truncate(b.Path, 1L << 40))),
        new("create", b => b.Create(_ => { })),
        new("create, close one of two descriptors, write 7", b => b.Create(new Action<FileHandle>(Flush) + Put("7"))),
        new("unlink, then create and write 7", b =>
        {
            b.Tree.Remove(b.Path);
            return b.Create(Put("7"));
        }),
        new("unlink by mv", b => Bench.Done(() => b.Tree.Remove(b.Path, replacing: true))),
        new("rename to itself", b => b.Rename(b.Path, b.Path)),
        new("rename to itself, RENAME_NOREPLACE", b => b.Rename(b.Path, b.Path, noReplace: true)),
        RenameTo("extensions/0xcafe"),
        RenameTo("extensions/0xcafe", noReplace: true),
        RenameTo("extensions"),
        RenameTo("features/autoclear/9"),
        RenameTo("header/size"),
        RenameTo("backing_file"),
        RenameTo("header.bin"),
        RenameTo("problems"),
        RenameTo("nowhere"),
        RenameTo("nowhere/7"),
        RenameTo("header/size/7"),
        new("rename to sedABCDEF and back", b =>
        {
            b.Tree.Rename(b.Path, b.In("sedABCDEF"), noReplace: false);
            return b.Rename(b.In("sedABCDEF"), b.Path);
        }),
        RenameOntoIt("header/size"),
        RenameOntoIt("backing_file"),
        RenameOntoIt("features/compatible/lazy_refcounts"),
        RenameOntoIt("extensions/0xcafe.2"),
        new("rename sedABCDEF (7) onto it, RENAME_NOREPLACE", b => b.RenameScratchOnto("7"u8, noReplace: true)),
        new("rename sedABCDEF (empty) onto it", b => b.RenameScratchOnto([])),
        new("rename sedABCDEF (all that it holds) onto it", b => b.RenameScratchOnto(
            Encoding.Latin1.GetBytes(b.Opened(write: false, truncate: false, handle => Encoding.Latin1.GetString(handle.Content.Span))))),
        new("link to extensions/0x77", b => Bench.Done(() => b.Tree.Link(b.Path, b.In("extensions/0x77")))),
    ];

    /// <summary>Between two images of a folder.</summary>
    public static readonly ImmutableArray<Operation> BetweenImages =
    [
        new("rename into another image", b => b.Rename(b.Path, b.InOther("extensions/0x77"))),
        new("rename from another image", b => b.Rename(b.InOther("extensions/0xcafe"), b.Path)),
        new("link into another image", b => Bench.Done(() => b.Tree.Link(b.Path, b.InOther("sedABCDEF")))),
    ];

    private static Operation RenameTo(string target, bool noReplace = false) =>
        new($"rename to {target}{(noReplace ? ", RENAME_NOREPLACE" : "")}", b => b.Rename(b.Path, b.In(target), noReplace));

    private static Operation RenameOntoIt(string source) => new($"rename {source} onto it", b => b.Rename(b.In(source), b.Path));

    private static Action<FileHandle> Put(string text, long offset = 0) => handle =>
        handle.Write(offset, Encoding.ASCII.GetBytes(text), append: false);

    private static void Flush(FileHandle handle) => handle.Flush();

    private static string InPieces(FileHandle handle)
    {
        var content = new List<byte>();
        var piece = new byte[3];
        while (content.Count < 300 && handle.Read(content.Count, piece) is > 0 and var count)
        {
            content.AddRange(piece.AsSpan(0, count));
        }

        var all = handle.Content.Span;
        return all[..Math.Min(300, all.Length)].SequenceEqual(content.ToArray()) ? ""
            : $"other bytes than {Show.Content(content.ToArray())}";
    }
}

/// <summary>There is no such file or directory: the tree answers null, a file system ENOENT.</summary>
internal sealed class AbsentException : Exception;

/// <summary>What an operation works on: a path in a tree, and its neighbours.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Name">The path as text.</param>
/// <param name="Image">The directory of the image that the path is in, with a slash at its end, or empty.</param>
/// <param name="Other">The same of another image.</param>
internal sealed record Bench(ITree Tree, string Name, string Image, string Other)
{
    public byte[] Path { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>Whether it is a folder of images, whose entries have the order that the file system gives them.</summary>
    public bool IsOutsideOfImages => Image.Length > 0 && !$"{Name}/".StartsWith(Image, StringComparison.Ordinal);

    public byte[] In(string path) => Encoding.UTF8.GetBytes(Image + path);

    public byte[] InOther(string path) => Encoding.UTF8.GetBytes(Other + path);

    public static string Done(Action operation)
    {
        operation();
        return "";
    }

    /// <summary>Opens the path for as long as that takes, and flushes nothing.</summary>
    public string Opened(bool write, bool truncate, Func<FileHandle, string> use)
    {
        var handle = Tree.Open(Path, write, truncate) ?? throw new AbsentException();
        try
        {
            return use(handle);
        }
        finally
        {
            handle.Release();
        }
    }

    public string Read(Action<FileHandle> use) => Opened(write: false, truncate: false, handle => Done(() => use(handle)));

    /// <summary>Opens, uses, flushes and releases, as a program does that ends well.</summary>
    public string Write(bool truncate, Action<FileHandle> use) => Opened(write: true, truncate, handle => UseAndFlush(handle, use));

    public string Create(Action<FileHandle> use)
    {
        var handle = Tree.Create(Path);
        try
        {
            return UseAndFlush(handle, use);
        }
        finally
        {
            handle.Release();
        }
    }

    public string Rename(byte[] from, byte[] to, bool noReplace = false) => Done(() => Tree.Rename(from, to, noReplace));

    public string RenameScratchOnto(ReadOnlySpan<byte> content, bool noReplace = false)
    {
        var scratch = Tree.Create(In("sedABCDEF"));
        scratch.Write(0, content, append: false);
        scratch.Flush();
        scratch.Release();
        return Rename(In("sedABCDEF"), Path, noReplace);
    }

    // A handle shows what was written through it; that is worth a line where it is not what the file holds afterwards.
    private static string UseAndFlush(FileHandle handle, Action<FileHandle> use)
    {
        use(handle);
        handle.Flush();
        return $"handle: {Show.Content(handle.Content.Span)}";
    }
}
