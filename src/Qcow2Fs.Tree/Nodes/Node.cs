using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>
/// A place in the tree of an image. Nodes are descriptors without state: what exists and what it holds is asked of
/// a view and a header.
/// </summary>
public abstract class Node : IEntry
{
    private readonly byte[] _nameBytes;

    private protected Node(string name)
    {
        Name = name;
        _nameBytes = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>The name in its directory; empty for the root.</summary>
    public string Name { get; }

    /// <summary>The name as a file system's caller gives it.</summary>
    public ReadOnlySpan<byte> NameBytes => _nameBytes;

    /// <inheritdoc/>
    public bool IsDirectory => this is DirectoryNode;

    /// <summary>What it is, in a few words; empty where there is nothing to say.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What it is, where that depends on the header.</summary>
    internal virtual string SummaryIn(Header header) => Summary;

    /// <summary>Whether it exists, and can be asked, without a look at the image.</summary>
    internal virtual bool IsAlwaysThere => false;

    internal abstract bool Exists(ImageView view, Header header);

    /// <summary>Whether anybody could change it, by the rules of the tree.</summary>
    internal abstract bool IsWritable { get; }
}

/// <summary>A directory.</summary>
public abstract class DirectoryNode : Node
{
    private protected DirectoryNode(string name)
        : base(name)
    {
    }

    internal override bool IsWritable => true;

    internal override bool Exists(ImageView view, Header header) => true;

    /// <summary>The node of that name, which may not exist (yet); null if nothing can have the name.</summary>
    internal abstract Node? Find(ImageView view, ReadOnlySpan<byte> name);

    /// <summary>What is in it at this moment. The list does not change when the image does.</summary>
    internal abstract IReadOnlyList<Node> List(ImageView view, Header header);

    /// <summary>The refusal of a name that nothing can have.</summary>
    internal virtual TreeException RefuseName(ImageView view, string name) =>
        view.Refuse(Errno.EPERM, $"{(Name.Length == 0 ? "the image's directory" : Name)} has no file {name}");
}
