namespace Qcow2Fs.Tree.Nodes;

/// <summary>
/// A name in the tree of an image. Nodes are descriptors without state: what exists and what it holds is a question to a
/// <see cref="ReadView"/>.
/// </summary>
public abstract class Node : IEntry
{
    private readonly byte[] _nameBytes;

    private protected Node(string name) : this(Encoding.UTF8.GetBytes(name)) { }

    private protected Node(byte[] name)
    {
        Name = Encoding.UTF8.GetString(name);
        _nameBytes = name;
    }

    /// <summary>The name in its directory, as text; empty for the root.</summary>
    public string Name { get; }

    /// <summary>The name as a file system's caller gives it.</summary>
    public ReadOnlySpan<byte> NameBytes => _nameBytes;

    /// <inheritdoc/>
    public bool IsDirectory => this is DirectoryNode;

    /// <summary>The directory that it was found in; null for the root, and for a node that was not found yet.</summary>
    internal DirectoryNode? Parent { get; set; }

    /// <summary>What it is, in a few words; empty where the name is enough.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What it is, where that depends on the image.</summary>
    internal virtual string SummaryIn(ReadView view) => Summary;

    /// <summary>Whether it exists in every image, also in one that cannot be read.</summary>
    internal virtual bool IsAlwaysThere => false;

    internal virtual bool Exists(ReadView view) => true;

    /// <summary>Whether the rules of the tree allow changes of it at all.</summary>
    internal virtual bool IsWritable => true;

    /// <summary>Nodes that are made when they are asked for are one node if they have one path.</summary>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj)
        || (obj is Node other && Name == other.Name && Parent is { } parent && parent.Equals(other.Parent) && GetType() == other.GetType());

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A directory.</summary>
public abstract class DirectoryNode : Node
{
    /// <summary>
    /// The limit of the cursors of a directory's own nodes; files that are not in the image yet, or never, have those above it.
    /// </summary>
    internal const long MaxCursor = 1L << 48;

    private protected DirectoryNode(string name) : base(name) { }

    internal override bool IsAlwaysThere => true;

    /// <summary>The node of that name, which may not exist (yet); null if nothing can have the name.</summary>
    internal abstract Node? Find(ReadView view, ReadOnlySpan<byte> name);

    private protected static T? FindNamed<T>(ImmutableArray<T> nodes, ReadOnlySpan<byte> name)
        where T : Node
    {
        foreach (var node in nodes)
        {
            if (node.NameBytes.SequenceEqual(name))
            {
                return node;
            }
        }

        return null;
    }

    /// <summary>
    /// The nodes that exist, read while they are enumerated. Where a part of the directory has none, a null says how far it was read, so
    /// that nobody has to wait for the next node.
    /// </summary>
    /// <param name="view">The image.</param>
    /// <param name="after">0, or the cursor of the last node; any number may come.</param>
    /// <returns>Each node, and the cursor that continues after it, above 0 and below <see cref="MaxCursor"/>.</returns>
    internal abstract IEnumerable<(Node? Node, long Next)> List(ReadView view, long after);

    /// <summary>What follows a cursor that is the index of the last node plus one.</summary>
    private protected static IEnumerable<(Node? Node, long Next)> ListByIndex(long count, long after, Func<int, Node?> node)
    {
        for (var i = Math.Max(0, after); i < count; i++)
        {
            if (node((int)i) is { } found)
            {
                yield return (found, i + 1);
            }
        }
    }

    /// <summary>Why a file of that name cannot be created.</summary>
    internal virtual TreeException RefuseName(ReadView view, string name) =>
        new(Errno.EPERM, $"{(Name.Length == 0 ? "the image's directory" : Name)} has no file {name}");
}

/// <summary>A directory whose possible entries are known beforehand.</summary>
internal sealed class FixedDirectory(string name, ImmutableArray<Node> children, Func<Header, bool>? exists = null) : DirectoryNode(name)
{
    internal override bool IsAlwaysThere => exists is null;

    internal override bool Exists(ReadView view) => exists?.Invoke(view.Header) ?? true;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name) => FindNamed(children, name);

    internal override IEnumerable<(Node? Node, long Next)> List(ReadView view, long after) =>
        ListByIndex(children.Length, after, i => children[i].Exists(view) ? children[i] : null);
}
