using System.Collections;

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

    /// <summary>What it is, in a few words; empty where the name is enough.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What it is, where that depends on the image.</summary>
    internal virtual string SummaryIn(ReadView view) => Summary;

    /// <summary>Whether it exists in every image, also in one that cannot be read.</summary>
    internal virtual bool IsAlwaysThere => false;

    internal virtual bool Exists(ReadView view) => true;

    /// <summary>Whether the rules of the tree allow changes of it at all.</summary>
    internal virtual bool IsWritable => true;
}

/// <summary>A directory.</summary>
public abstract class DirectoryNode : Node
{
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

    /// <summary>The nodes that exist.</summary>
    internal abstract IReadOnlyList<Node> List(ReadView view);

    /// <summary>Why a file of that name cannot be created.</summary>
    internal virtual TreeException RefuseName(string name) =>
        new(Errno.EPERM, $"{(Name.Length == 0 ? "the image's directory" : Name)} has no file {name}");
}

/// <summary>A directory whose possible entries are known beforehand.</summary>
internal sealed class FixedDirectory(string name, ImmutableArray<Node> children, Func<Header, bool>? exists = null) : DirectoryNode(name)
{
    internal override bool IsAlwaysThere => exists is null;

    internal override bool Exists(ReadView view) => exists?.Invoke(view.Header) ?? true;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name) => FindNamed(children, name);

    internal override IReadOnlyList<Node> List(ReadView view) => [.. children.Where(c => c.Exists(view))];
}

/// <summary>Nodes that are made when they are asked for: a table has up to 65,536 entries, a list of extensions 262,000.</summary>
internal sealed class NodeList(int count, Func<int, Node> node) : IReadOnlyList<Node>
{
    public int Count => count;

    public Node this[int index] => node(index);

    public IEnumerator<Node> GetEnumerator() => Enumerable.Range(0, count).Select(node).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
