namespace Qcow2Fs.Image;

/// <summary>What a walk comes across.</summary>
public enum WalkEntryKind
{
    /// <summary>A regular file or a block device. It need not be an image.</summary>
    File,

    /// <summary>Neither a file nor a folder: a link, a socket, a device.</summary>
    Other,

    /// <summary>A folder that cannot be listed.</summary>
    Unreadable,
}

/// <summary>A name in a folder or below.</summary>
/// <param name="Path">Relative to the folder, as bytes.</param>
/// <param name="Kind">What has the name.</param>
/// <param name="Failure">Why an unreadable folder cannot be listed.</param>
public readonly record struct WalkEntry(byte[] Path, WalkEntryKind Kind, string? Failure = null);

/// <summary>
/// All files of a folder and the folders below it, by name. Nothing outside is opened: symbolic links are not followed, and file systems
/// that are mounted inside are left out. One descriptor is held, and the names of the folders on the way to the current one.
/// </summary>
public sealed class FolderWalk : IDisposable
{
    private const string CannotBeListed = "cannot be listed";

    private readonly FileDescriptor _root;

    private FolderWalk(string path, FileDescriptor root) => (Path, _root) = (path, root);

    /// <summary>The folder's absolute path, with all symbolic links resolved.</summary>
    public string Path { get; }

    /// <summary>The folder at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followsLink">Whether the last part of it may be a symbolic link. Those before may.</param>
    /// <exception cref="ImageException">It is not a directory, or cannot be reached.</exception>
    public static FolderWalk At(string path, bool followsLink = true)
    {
        ImageException.ThrowIf((Errno)LibC.ResolvePath(path, out var resolved), OpenedImage.CannotBeOpened);
        var error = FileDescriptor.CurrentDirectory.Open(
            NativeName.Of(path), followsLink ? OpenMode.Directory : OpenMode.DirectoryItself, out var root);
        ImageException.ThrowIf(error, OpenedImage.CannotBeOpened);
        return new(resolved, root);
    }

    /// <summary>Whether a path leads to a folder.</summary>
    public static bool IsFolder(string path, bool followsLink = true)
    {
        var error = FileDescriptor.CurrentDirectory.Open(
            NativeName.Of(path), followsLink ? OpenMode.Directory : OpenMode.DirectoryItself, out var folder);
        if (error == 0)
        {
            folder.Dispose();
        }

        return error == 0;
    }

    /// <summary>Opens a file below the folder. Safe for concurrent use.</summary>
    /// <exception cref="ImageException">It cannot be opened, or is neither a regular file nor a block device.</exception>
    public OpenedImage Open(ReadOnlySpan<byte> path) => OpenedImage.Of(Below(path, OpenMode.Read, out var file), file);

    /// <summary>A file below the folder, to be changed. It need not exist. Symbolic links are not followed.</summary>
    public ImageFile Image(ReadOnlySpan<byte> path)
    {
        var slash = path.LastIndexOf((byte)'/');
        return ImageFile.Below(
            new ParentDirectory(_root, NativeName.Of(slash < 0 ? "."u8 : path[..slash])),
            System.IO.Path.Join(Path, PathText.Decode(path)),
            NativeName.Of(path[(slash + 1)..]));
    }

    /// <summary>The entries, depth first, those of a folder by name as bytes.</summary>
    public IEnumerable<WalkEntry> Entries()
    {
        var folders = new Stack<(byte[] Path, Queue<(byte[] Name, DirectoryEntryType Type)> Names)>();
        if (Enter([]) is { } unreadable)
        {
            yield return unreadable;
        }

        while (folders.TryPeek(out var folder))
        {
            if (!folder.Names.TryDequeue(out var entry))
            {
                folders.Pop();
                continue;
            }

            var path = folder.Path.Length == 0 ? entry.Name : (byte[])[.. folder.Path, (byte)'/', .. entry.Name];
            var type = entry.Type == DirectoryEntryType.Unknown ? TypeOf(path) : entry.Type;
            if (type != DirectoryEntryType.Directory)
            {
                yield return new(path, type is DirectoryEntryType.File or DirectoryEntryType.BlockDevice
                    ? WalkEntryKind.File : WalkEntryKind.Other);
            }
            else if (Enter(path) is { } failed)
            {
                yield return failed;
            }
        }

        // A mount is silently left out; so is what has vanished since its folder was listed.
        WalkEntry? Enter(byte[] path)
        {
            var error = Below(path, OpenMode.List, out var opened);
            if (error is Errno.EXDEV or Errno.ENOENT or Errno.ENOTDIR)
            {
                return null;
            }

            try
            {
                ImageException.ThrowIf(error, CannotBeListed);
                using (opened)
                {
                    var entries = DirectoryEntries.Of(opened);
                    entries.Sort((a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
                    folders.Push((path, new(entries)));
                    return null;
                }
            }
            catch (ImageException e)
            {
                return new(path, WalkEntryKind.Unreadable, e.Message);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private DirectoryEntryType TypeOf(byte[] path)
    {
        if (Below(path, OpenMode.Anything, out var entry) != 0)
        {
            return DirectoryEntryType.Unknown;
        }

        using (entry)
        {
            return entry.Status(out var status) != 0 ? DirectoryEntryType.Unknown
                : status.IsDirectory ? DirectoryEntryType.Directory
                : status.IsImage ? DirectoryEntryType.File : DirectoryEntryType.Unknown;
        }
    }

    private Errno Below(ReadOnlySpan<byte> path, OpenMode mode, out FileDescriptor file) =>
        _root.OpenBelow(NativeName.Of(path.IsEmpty ? "."u8 : path), mode, out file);
}
