namespace Qcow2Fs.Image;

/// <summary>What has a name in a folder.</summary>
public enum FolderEntryKind
{
    /// <summary>Nothing, or neither folder nor image: another file, a link, a socket.</summary>
    None,

    /// <summary>A folder below.</summary>
    Folder,

    /// <summary>A qcow2 image, or a file that cannot be read and may be one.</summary>
    Image,
}

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
/// A folder of images, and the folders below it, by paths of bytes relative to it. Nothing outside can be reached: symbolic links are not
/// followed, ".." is refused, and what is mounted inside does not exist here. One descriptor is held, that of the folder itself.
/// </summary>
public sealed class ImageFolder : IDisposable
{
    private const string CannotBeListed = "cannot be listed";

    private readonly FileDescriptor _root;

    private ImageFolder(string path, FileDescriptor root) => (Path, _root) = (path, root);

    /// <summary>The folder's absolute path, with all symbolic links resolved.</summary>
    public string Path { get; }

    /// <summary>The folder at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followsLink">Whether the last part of it may be a symbolic link. Those before may.</param>
    /// <exception cref="ImageException">It is not a directory, or cannot be reached.</exception>
    public static ImageFolder At(string path, bool followsLink = true)
    {
        ImageException.ThrowIf((Errno)LibC.ResolvePath(path, out var resolved), OpenedImage.CannotBeOpened);
        ImageException.ThrowIf(Open(path, followsLink, out var root), OpenedImage.CannotBeOpened);
        return new(resolved, root);
    }

    /// <summary>Whether a path leads to a folder.</summary>
    public static bool IsFolder(string path, bool followsLink = true)
    {
        var error = Open(path, followsLink, out var folder);
        if (error == 0)
        {
            folder.Dispose();
        }

        return error == 0;
    }

    /// <summary>Opens a file below the folder. Safe for concurrent use.</summary>
    /// <exception cref="ImageException">It cannot be opened, or is neither a regular file nor a block device.</exception>
    public OpenedImage Open(ReadOnlySpan<byte> path) => OpenedImage.Of(OpenBelow(path, OpenMode.Read, out var file), file);

    /// <summary>The image at a path below. It need not exist.</summary>
    public ImageFile Image(ReadOnlySpan<byte> path)
    {
        var slash = path.LastIndexOf((byte)'/');
        var parent = slash < 0 ? "."u8 : path[..slash];
        return ImageFile.Below(
            new ParentDirectory(_root, NativeName.Of(parent)),
            System.IO.Path.Join(Path, PathText.Decode(path)),
            NativeName.Of(path[(slash + 1)..]));
    }

    /// <summary>What has a path below, relative or empty for the folder itself. None also where there is nothing.</summary>
    /// <exception cref="ImageException">Its attributes cannot be read.</exception>
    public FolderEntryKind Find(ReadOnlySpan<byte> path, out ImageStatus status)
    {
        status = default;
        var error = OpenBelow(path, OpenMode.Anything, out var entry);
        if (error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EXDEV or Errno.ENAMETOOLONG)
        {
            return FolderEntryKind.None;
        }

        ImageException.ThrowIf(error, OpenedImage.CannotBeOpened);
        using (entry)
        {
            ImageException.ThrowIf(entry.Status(out status), OpenedImage.CannotBeOpened);
        }

        return status.IsDirectory ? FolderEntryKind.Folder
            : status.IsImage && MayBeImage(path) ? FolderEntryKind.Image
            : FolderEntryKind.None;
    }

    /// <summary>The folders and images in a folder below; its path is relative, and empty for the folder itself.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public IReadOnlyList<(byte[] Name, FolderEntryKind Kind)> List(ReadOnlySpan<byte> path)
    {
        ImageException.ThrowIf(OpenBelow(path, OpenMode.List, out var folder), CannotBeListed);
        var found = new List<(byte[], FolderEntryKind)>();
        using (folder)
        {
            foreach (var entry in DirectoryEntries.Of(folder))
            {
                var name = entry.Name.AsSpan();
                var below = path.IsEmpty ? entry.Name : [.. path, (byte)'/', .. name];
                var kind = entry.Type switch
                {
                    DirectoryEntryType.File or DirectoryEntryType.BlockDevice when MayBeImage(below) => FolderEntryKind.Image,
                    DirectoryEntryType.Directory => IsMountPoint(below) ? FolderEntryKind.None : FolderEntryKind.Folder,
                    DirectoryEntryType.Unknown => Find(below, out _),
                    _ => FolderEntryKind.None,
                };
                if (kind != FolderEntryKind.None)
                {
                    found.Add((entry.Name, kind));
                }
            }
        }

        return found;
    }

    /// <summary>
    /// All files that are below, depth first, those of a folder by name as bytes. What is mounted inside is left out; a folder is an entry
    /// only if it cannot be listed. The names of the folders on the way to the current one are held.
    /// </summary>
    public IEnumerable<WalkEntry> Walk()
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
            var error = OpenBelow(path, OpenMode.List, out var opened);
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

    private static Errno Open(string path, bool followsLink, out FileDescriptor folder) => FileDescriptor.CurrentDirectory.Open(
        NativeName.Of(path), followsLink ? OpenMode.Directory : OpenMode.DirectoryItself, out folder);

    private DirectoryEntryType TypeOf(byte[] path)
    {
        if (OpenBelow(path, OpenMode.Anything, out var entry) != 0)
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

    private bool IsMountPoint(ReadOnlySpan<byte> path)
    {
        var error = OpenBelow(path, OpenMode.Anything, out var directory);
        if (error == 0)
        {
            directory.Dispose();
        }

        return error == Errno.EXDEV;
    }

    // A file that this user may not read is shown: a missing one would be harder to explain than the EACCES of opening it.
    private bool MayBeImage(ReadOnlySpan<byte> path)
    {
        var error = OpenBelow(path, OpenMode.Read, out var file);
        if (error != 0)
        {
            return error == Errno.EACCES;
        }

        using (file)
        {
            Span<byte> start = stackalloc byte[HeaderFields.Magic.End];
            return file.Read(0, start, out var read) == 0 && read == start.Length && HeaderFields.Magic.Read(start) == Header.MagicValue;
        }
    }

    private Errno OpenBelow(ReadOnlySpan<byte> path, OpenMode mode, out FileDescriptor file) =>
        _root.OpenBelow(NativeName.Of(path.IsEmpty ? "."u8 : path), mode, out file);
}
