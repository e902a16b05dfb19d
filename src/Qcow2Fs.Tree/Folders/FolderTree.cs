using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Folders;

/// <summary>Whether a path relative to a folder is out of bounds, though it is there.</summary>
public delegate bool HidesPath(ReadOnlySpan<byte> path);

/// <summary>
/// A folder of images, mirrored: every image in it, and in the folders below it, is a directory with the tree of an image;
/// other files do not appear. Live: what is there is asked of the folder each time, and no image is kept open.
/// </summary>
public sealed class FolderTree : ITree
{
    private readonly ImageFolder _folder;
    private readonly HidesPath _hides;
    private readonly ImageTreeCache _trees;

    /// <summary>The tree of that folder, which stays the caller's.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="hides">Whether a path in it must not be looked at.</param>
    public FolderTree(ImageFolder folder, HidesPath hides)
    {
        _folder = folder;
        _hides = hides;
        _trees = new(folder);
    }

    /// <inheritdoc/>
    public NodeStatus? Stat(ReadOnlySpan<byte> path)
    {
        path = path.Trim((byte)'/');
        // An image's own directory is looked up anew: the image may be gone, or another one.
        var tree = _trees.Find(path, out var rest);
        if (tree is not null && !rest.IsEmpty)
        {
            return tree.Stat(rest);
        }

        switch (Find(path, out var status))
        {
            case FolderEntryKind.Image:
                return _trees.Get(path, status).Stat([]);
            case FolderEntryKind.Folder:
                _trees.Drop(path);
                return NodeStatus.OfFolder(status);
            default:
                // An image whose magic was changed here is still shown, so that it can be changed back.
                if (tree is not null && status.IsImage && tree.View.HasState)
                {
                    return tree.Stat([]);
                }

                _trees.Drop(path);
                return Route(path, out rest)?.Stat(rest);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IEntry>? List(ReadOnlySpan<byte> path)
    {
        path = path.Trim((byte)'/');
        if (Route(path, out var rest) is { } tree)
        {
            return tree.List(rest);
        }

        if (Find(path, out _) != FolderEntryKind.Folder)
        {
            return null;
        }

        try
        {
            var prefix = path.IsEmpty ? [] : (byte[])[.. path, (byte)'/'];
            var names = _folder.List(path).Select(e => e.Name).Where(name => !_hides([.. prefix, .. name])).ToHashSet(PathComparer.Instance);
            names.UnionWith(_trees.ChangedIn(prefix));
            return [.. names.Select(name => new FolderEntry(name))];
        }
        catch (ImageException e)
        {
            throw Refused(e);
        }
    }

    /// <inheritdoc/>
    public FileHandle? Open(ReadOnlySpan<byte> path, bool write, bool truncate) => Route(path, out var rest)?.Open(rest, write, truncate);

    /// <inheritdoc/>
    public FileHandle Create(ReadOnlySpan<byte> path) => Require(path, out var rest).Create(rest);

    /// <inheritdoc/>
    public void Remove(ReadOnlySpan<byte> path, bool replacing) => Require(path, out var rest).Remove(rest, replacing);

    /// <inheritdoc/>
    public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace)
    {
        var source = Require(from, out var fromRest);
        if (Require(to, out var toRest) != source)
        {
            // As between two file systems: mv copies then.
            throw new TreeException(Errno.EXDEV, "a file cannot be renamed into another image");
        }

        source.Rename(fromRest, toRest, noReplace);
    }

    /// <inheritdoc/>
    public void Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var source = Require(from, out var fromRest);
        if (Require(to, out var toRest) != source)
        {
            throw new TreeException(Errno.EXDEV, "a file cannot be linked into another image");
        }

        source.Link(fromRest, toRest);
    }

    /// <inheritdoc/>
    public void Truncate(ReadOnlySpan<byte> path, long length) => Require(path, out var rest).Truncate(rest, length);

    /// <inheritdoc/>
    public (long Size, long Free) Room(ReadOnlySpan<byte> path) => Route(path, out var rest)?.Room(rest) ?? (0, 0);

    /// <inheritdoc/>
    public TreeException RefuseShape(ReadOnlySpan<byte> path, string sentence, Errno errno = Errno.EPERM) =>
        Route(path, out var rest)?.RefuseShape(rest, sentence, errno) ?? new(errno, sentence);

    // The tree of the image that the path is in, and the path in it; null outside of images.
    private ImageTree? Route(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> rest)
    {
        path = path.Trim((byte)'/');
        if (_trees.Find(path, out rest) is { } known)
        {
            return known;
        }

        for (var end = 0; end < path.Length;)
        {
            var next = path[(end + 1)..].IndexOf((byte)'/');
            end = next < 0 ? path.Length : end + 1 + next;
            switch (Find(path[..end], out var status))
            {
                case FolderEntryKind.Image:
                    rest = path[end..].TrimStart((byte)'/');
                    return _trees.Get(path[..end], status);
                case FolderEntryKind.None:
                    return null;
            }
        }

        return null;
    }

    private ImageTree Require(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> rest) =>
        Route(path, out rest) is { } tree && !rest.IsEmpty
            ? tree
            : throw new TreeException(Errno.EPERM, "images and folders are not made, renamed or removed here");

    private FolderEntryKind Find(ReadOnlySpan<byte> path, out ImageStatus status)
    {
        status = default;
        if (_hides(path))
        {
            return FolderEntryKind.None;
        }

        try
        {
            return _folder.Find(path, out status);
        }
        catch (ImageException e)
        {
            throw Refused(e);
        }
    }

    private static TreeException Refused(ImageException e) => new(TreeException.ErrnoOf(e), e.Message);

    // An image's name is a directory here.
    private sealed class FolderEntry(byte[] name) : IEntry
    {
        public ReadOnlySpan<byte> NameBytes => name;

        public bool IsDirectory => true;
    }
}
