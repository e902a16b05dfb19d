namespace Qcow2Fs.Tree.Nodes;

/// <summary>One file per header extension, in on-disk order, and the rest of a list that cannot be decoded.</summary>
internal sealed class ExtensionsDirectory(string name) : DirectoryNode(name)
{
    private static readonly ReadOnlyNode s_malformed = new("malformed", view => view.Header.MalformedBytes.ToArray())
    {
        IsThere = view => view.Header.Extensions.IsMalformed,
        Length = view => view.Header.MalformedBytes.Length,
        OnRemove = view => view.Session.Commit(header => header.WithoutMalformedRest()),
        WhyReadOnly = view => new(
            Errno.EUCLEAN, $"cannot be written: {view.Header.Extensions.Problem}; remove it, or write header.bin"),
    };

    internal override bool IsAlwaysThere => true;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(s_malformed.NameBytes))
        {
            return s_malformed;
        }

        return TreePath.TryParseExtensionName(name, out var magic, out var ordinal) ? view.Session.ExtensionNode(magic, ordinal) : null;
    }

    internal override IReadOnlyList<Node> List(ReadView view) => view.Session.ExtensionNames.List(view.Header, s_malformed);

    internal override TreeException RefuseName(string name) => new(
        Errno.EINVAL,
        $"{name} is not the name of an extension: write 0x and 1 to 8 hex digits, not all 0 (the end) nor 0x51324653 (Qcow2Fs's own)");
}
