namespace Qcow2Fs.Tree.Nodes;

/// <summary>A directory whose possible entries are known beforehand.</summary>
internal sealed class FixedDirectory(string name, ImmutableArray<Node> children, Func<Header, bool>? exists = null) : DirectoryNode(name)
{
    internal override bool IsAlwaysThere => exists is null;

    internal override bool Exists(ReadView view) => exists?.Invoke(view.Header) ?? true;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name)
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

    internal override IReadOnlyList<Node> List(ReadView view) => [.. children.Where(c => c.Exists(view))];
}
