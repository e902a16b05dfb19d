namespace Qcow2Fs.Tree.Folders;

/// <summary>
/// The trees of the images that were looked at last, by their paths, and of those that this mount has changed. Few: ten
/// thousand images cost no more memory than ten.
/// </summary>
internal sealed class ImageTreeCache(ImageFolder folder, Guard guard)
{
    private const int MaxTrees = 8;

    private readonly Dictionary<byte[], Known> _trees = new(PathComparer.Instance);
    private long _clock;
    private long _droppedAt;
    private int _usedSince;

    /// <summary>The tree of the image that the path is or is in, and the path in it; null if it is not among these.</summary>
    public ImageTree? Find(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> rest)
    {
        var trees = _trees.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var end = path.Length; end > 0; end = path[..end].LastIndexOf((byte)'/'))
        {
            if (trees.TryGetValue(path[..end], out var known))
            {
                // Changed images stay, thousands perhaps; what was read of them does not.
                if (known.Used <= _droppedAt && ++_usedSince > MaxTrees)
                {
                    DropCaches();
                }

                known.Used = ++_clock;
                rest = path[end..].TrimStart((byte)'/');
                return known.Tree;
            }
        }

        rest = default;
        return null;
    }

    /// <summary>The tree of the image at that path, which is the file of that status.</summary>
    public ImageTree Get(ReadOnlySpan<byte> path, in ImageStatus status)
    {
        if (Find(path, out var rest) is { } tree && rest.IsEmpty)
        {
            if (tree.IsOf(status))
            {
                return tree;
            }

            Drop(path);
        }

        if (_trees.Count >= MaxTrees)
        {
            Shrink();
        }

        tree = new(folder.Image(path), new Guard(guard, Guard.Text(path)));
        _trees.Add(path.ToArray(), new(tree) { Used = ++_clock });
        return tree;
    }

    public void Drop(ReadOnlySpan<byte> path) => _trees.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(path);

    /// <summary>The names of the changed images directly behind the prefix that are still there, whatever their magic is now.</summary>
    public IEnumerable<byte[]> ChangedIn(byte[] prefix) =>
        from known in _trees
        where known.Key.AsSpan().StartsWith(prefix) && !known.Key.AsSpan(prefix.Length).Contains((byte)'/')
        where known.Value.Tree.Session.HasState
        where folder.Find(known.Key, out var status) == FolderEntryKind.Image || known.Value.Tree.IsOf(status)
        select known.Key[prefix.Length..];

    // What a session did must outlive it; what it only read can be read again.
    private void Shrink()
    {
        foreach (var (path, _) in _trees.Where(t => !t.Value.Tree.Session.HasState).OrderBy(t => t.Value.Used).Take(MaxTrees / 2).ToList())
        {
            _trees.Remove(path);
        }

        DropCaches();
    }

    private void DropCaches()
    {
        (_droppedAt, _usedSince) = (_clock, 0);
        foreach (var known in _trees.Values)
        {
            known.Tree.Session.DropCaches();
        }
    }

    private sealed class Known(ImageTree tree)
    {
        public ImageTree Tree => tree;

        public long Used { get; set; }
    }
}
/// <summary>Compares paths of bytes, so that one can be looked up without a copy of it.</summary>
internal sealed class PathComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly PathComparer Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }
}
