using Mono.Unix.Native;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>One file per header extension, in on-disk order, and the rest of a list that cannot be decoded.</summary>
internal sealed class ExtensionsDirectory(string name) : DirectoryNode(name)
{
    private static readonly MalformedNode s_malformed = new("malformed");

    internal override bool IsAlwaysThere => true;

    internal override Node? Find(ImageView view, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(s_malformed.NameBytes))
        {
            return s_malformed;
        }

        return TreePath.TryParseExtensionName(name, out var magic, out var ordinal) ? view.ExtensionNode(magic, ordinal) : null;
    }

    internal override IReadOnlyList<Node> List(ImageView view, Header header) => view.ExtensionNames.List(header, s_malformed);

    internal override TreeException RefuseName(ImageView view, string name) =>
        view.Refuse(Errno.EINVAL, $"{name} is not the name of an extension: write 0x and 1 to 8 hex digits, not all 0 (the end) nor 0x51324653 (Qcow2Fs's own)");
}
