namespace Qcow2Fs.Tree;

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
