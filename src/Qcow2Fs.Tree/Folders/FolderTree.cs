namespace Qcow2Fs.Tree.Folders;

/// <summary>
/// A folder of images, mirrored: every image in it, and in the folders below it, is a directory with the tree of an image;
/// other files do not appear. The folder is read anew for each operation, and no image is kept open.
/// </summary>
public sealed class FolderTree : ITree
{
    private readonly ImageFolder _folder;
    private readonly ImageTreeCache _trees;
    private readonly FolderListings _listings = new();
    private readonly Guard _guard = new();

    /// <summary>The tree of that folder, which stays the caller's.</summary>
    public FolderTree(ImageFolder folder) => (_folder, _trees) = (folder, new(folder, _guard));

    /// <inheritdoc/>
    public NodeStatus? Stat(ReadOnlySpan<byte> path) => _guard.Run(path.Trim((byte)'/'), this, static (path, self) => self.StatusOf(path));

    /// <inheritdoc/>
    public DirectoryHandle? OpenDirectory(ReadOnlySpan<byte> path) => _guard.Run(path.Trim((byte)'/'), path =>
        Route(path, out var rest) is { } tree ? tree.OpenDirectory(rest)
        : _folder.Find(path, out _) == FolderEntryKind.Folder ? new FolderHandle(this, path)
        : null);

    private List<Entry> List(ReadOnlySpan<byte> path)
    {
        var prefix = path.IsEmpty ? [] : (byte[])[.. path, (byte)'/'];
        var names = _folder.List(path).Select(e => e.Name).ToHashSet(PathComparer.Instance);
        names.UnionWith(_trees.ChangedIn(prefix));
        var entries = names.Select(name => new Entry(name, isDirectory: true)).ToList();
        if (path.IsEmpty && !names.Contains(LastErrorName.ToArray()))
        {
            entries.Add(new(LastErrorName.ToArray(), isDirectory: false));
        }

        return entries;
    }

    /// <inheritdoc/>
    public FileHandle? Open(ReadOnlySpan<byte> path, bool write, bool truncate) => _guard.Run(path.Trim((byte)'/'), path =>
        Route(path, out var rest) is { } tree ? tree.Open(rest, write, truncate)
        : !IsLastError(path) ? null
        : write ? throw new TreeException(Errno.EACCES, "is read-only")
        : new ReadOnlyHandle(_guard, path, _guard.LastError));

    /// <inheritdoc/>
    public FileHandle Create(ReadOnlySpan<byte> path) => _guard.Run(path, path => Require(path, out var rest).Create(rest));

    /// <inheritdoc/>
    public void Remove(ReadOnlySpan<byte> path, bool replacing) => _guard.Run(path, path =>
    {
        Require(path, out var rest).Remove(rest, replacing);
        return true;
    });

    /// <inheritdoc/>
    public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace)
    {
        var source = from.ToArray();
        _guard.Run(to, to =>
        {
            // Between two images as between two file systems: mv copies then.
            var tree = RequireBoth(source, out var fromRest, to, out var toRest);
            tree.Rename(fromRest, toRest, noReplace);
            return true;
        });
    }

    /// <inheritdoc/>
    public void Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var source = from.ToArray();
        _guard.Run(to, to =>
        {
            RequireBoth(source, out var fromRest, to, out var toRest).Link(fromRest, toRest);
            return true;
        });
    }

    /// <inheritdoc/>
    public void Truncate(ReadOnlySpan<byte> path, long length) => _guard.Run(path, path =>
    {
        Require(path, out var rest).Truncate(rest, length);
        return true;
    });

    /// <inheritdoc/>
    public (long Size, long Free) Room(ReadOnlySpan<byte> path) =>
        _guard.Run(path, this, static (path, self) => self.Route(path, out var rest)?.Room(rest) ?? (0, 0));

    /// <inheritdoc/>
    public TreeException Refuse(ReadOnlySpan<byte> path, Errno errno, string sentence) =>
        Route(path, out var rest)?.Refuse(rest, errno, sentence) ?? _guard.Refuse(path, new TreeException(errno, sentence));

    // The last refusal anywhere in the folder. An image or a folder of that name hides it.
    private static ReadOnlySpan<byte> LastErrorName => "last_error"u8;

    private NodeStatus? StatusOf(ReadOnlySpan<byte> path)
    {
        // An image's own directory is looked up anew: the image may be gone, or another one.
        var tree = _trees.Find(path, out var rest);
        if (tree is not null && !rest.IsEmpty)
        {
            return tree.Stat(rest);
        }

        switch (_folder.Find(path, out var status))
        {
            case FolderEntryKind.Image:
                return _trees.Get(path, status).Stat([]);
            case FolderEntryKind.Folder:
                _trees.Drop(path);
                return NodeStatus.OfFolder(status);
        }

        // An image whose magic was changed here is still shown, so that it can be changed back.
        if (tree is not null && status.IsImage && tree.Session.HasState)
        {
            return tree.Stat([]);
        }

        _trees.Drop(path);
        if (IsLastError(path))
        {
            _folder.Find([], out var folder);
            return NodeStatus.OfFile(folder, isWritable: false, _guard.LastError.Length);
        }

        return Route(path, out rest)?.Stat(rest);
    }

    private bool IsLastError(ReadOnlySpan<byte> path) =>
        path.SequenceEqual(LastErrorName) && _folder.Find(path, out _) == FolderEntryKind.None;

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
            switch (_folder.Find(path[..end], out var status))
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
            : throw new TreeException(Errno.EPERM, "images and folders cannot be created, renamed or removed");

    private ImageTree RequireBoth(
        ReadOnlySpan<byte> from, out ReadOnlySpan<byte> fromRest, ReadOnlySpan<byte> to, out ReadOnlySpan<byte> toRest)
    {
        var tree = Require(from, out fromRest);
        return Require(to, out toRest) == tree ? tree : throw new TreeException(Errno.EXDEV, "is in another image");
    }

    /// <summary>A folder: a cursor is the index in the list plus one.</summary>
    private sealed class FolderHandle(FolderTree tree, ReadOnlySpan<byte> path) : DirectoryHandle
    {
        private readonly byte[] _path = path.ToArray();
        private readonly FolderListing _listing = tree._listings.Add(tree.List(path));

        public override DirectoryPage Read(long after) => tree._guard.Run(_path, path =>
        {
            var entries = _listing.Entries ?? tree.List(path);
            var from = (int)Math.Clamp(after, 0, entries.Count);
            return new DirectoryPage([.. entries.Skip(from).Select((entry, i) => (entry, from + i + 1L))], Next: null);
        });

        public override void Release() => tree._listings.Remove(_listing);
    }

    // An image's name is a directory here.
    private sealed class Entry(byte[] name, bool isDirectory) : IEntry
    {
        public ReadOnlySpan<byte> NameBytes => name;

        public bool IsDirectory => isDirectory;
    }
}
