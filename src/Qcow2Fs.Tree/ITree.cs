namespace Qcow2Fs.Tree;

/// <summary>One name in a directory of a tree.</summary>
public interface IEntry
{
    /// <summary>The name's bytes.</summary>
    ReadOnlySpan<byte> NameBytes { get; }

    /// <summary>Whether it is a directory, and else a file.</summary>
    bool IsDirectory { get; }
}

/// <summary>
/// A tree by paths: the operations of a file system. Paths are bytes, with or without a leading slash. A refused operation throws
/// a <see cref="TreeException"/>, is kept for last_error, and changes nothing. Not thread-safe.
/// </summary>
public interface ITree
{
    /// <summary>stat(2); null if there is nothing.</summary>
    NodeStatus? Stat(ReadOnlySpan<byte> path);

    /// <summary>Opens a directory; null if there is none.</summary>
    DirectoryHandle? OpenDirectory(ReadOnlySpan<byte> path);

    /// <summary>Opens a file, for reading or (also) for writing, perhaps with O_TRUNC; null if there is none.</summary>
    FileHandle? Open(ReadOnlySpan<byte> path, bool write, bool truncate);

    /// <summary>Creates a file and opens it for writing.</summary>
    FileHandle Create(ReadOnlySpan<byte> path);

    /// <summary>
    /// unlink(2). <paramref name="replacing"/>: the caller is a program that removes a file only to create it again at once with other
    /// content, as mv does across file systems; the file then stays as it is until that content comes.
    /// </summary>
    void Remove(ReadOnlySpan<byte> path, bool replacing = false);

    /// <summary>rename(2): what was at the target is replaced, or with <paramref name="noReplace"/> (RENAME_NOREPLACE) refused.</summary>
    void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace);

    /// <summary>link(2), for tools that keep a backup that way: a copy under a temporary name.</summary>
    void Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    /// <summary>truncate(2) without a handle.</summary>
    void Truncate(ReadOnlySpan<byte> path, long length);

    /// <summary>Bytes of the first cluster of the image that the path is in, and how many of them are free; 0 outside of images.</summary>
    (long Size, long Free) Room(ReadOnlySpan<byte> path);

    /// <summary>Refuses what no tree supports, such as making directories, links and devices.</summary>
    /// <returns>The refusal, which is kept for last_error; the caller throws it.</returns>
    TreeException Refuse(ReadOnlySpan<byte> path, Errno errno, string sentence);
}

/// <summary>What stat(2) says about a node. Owner and times are the image file's.</summary>
/// <param name="Mode">Type and permission bits: the image's, without what the node's kind does not have.</param>
/// <param name="Size">Exact length of the content in bytes; 0 for a directory.</param>
/// <param name="Image">The image file's own status.</param>
public readonly record struct NodeStatus(FilePermissions Mode, long Size, ImageStatus Image)
{
    private const FilePermissions Read = FilePermissions.S_IRUSR | FilePermissions.S_IRGRP | FilePermissions.S_IROTH;
    private const FilePermissions Write = FilePermissions.S_IWUSR | FilePermissions.S_IWGRP | FilePermissions.S_IWOTH;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR;

    internal static NodeStatus OfFile(ImageStatus image, bool isWritable, long size) =>
        new(FilePermissions.S_IFREG | Allowed(image, isWritable), size, image);

    // Who may read a directory may also walk through it.
    internal static NodeStatus OfDirectory(ImageStatus image, bool isWritable)
    {
        var allowed = Allowed(image, isWritable);
        return new(FilePermissions.S_IFDIR | allowed | (FilePermissions)((uint)(allowed & Read) >> 2), 0, image);
    }

    // Nothing is made or removed in a folder of images here.
    internal static NodeStatus OfFolder(ImageStatus folder) => new(folder.Mode & ~Write, 0, folder);

    private static FilePermissions Allowed(ImageStatus image, bool isWritable) =>
        (FilePermissions)image.Mode & (isWritable ? Read | Write : Read);
}
