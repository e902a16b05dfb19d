using System.Collections.Immutable;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>A directory whose possible entries are known beforehand.</summary>
internal sealed class FixedDirectory(string name, ImmutableArray<Node> children, Func<Header, bool>? exists = null) : DirectoryNode(name)
{
    internal override bool IsAlwaysThere => exists is null;

    internal override bool Exists(ImageView view, Header header) => exists?.Invoke(header) ?? true;

    internal override Node? Find(ImageView view, ReadOnlySpan<byte> name)
    {
        foreach (var child in children)
        {
            if (child.NameBytes.SequenceEqual(name))
            {
                return child;
            }
        }

        return null;
    }

    internal override IReadOnlyList<Node> List(ImageView view, Header header) => [.. children.Where(c => c.Exists(view, header))];
}
