using System.Buffers.Text;
using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Tree.Session;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>One file per header extension, in on-disk order, and the rest of a list that cannot be decoded.</summary>
internal sealed class ExtensionsDirectory(string name) : DirectoryNode(name)
{
    private const int MaxMagicDigits = 8;

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

        return TryParse(name, out var magic, out var ordinal) ? view.Session.ExtensionNode(magic, ordinal) : null;
    }

    internal override IReadOnlyList<Node> List(ReadView view) => view.Session.ExtensionNames.List(view.Header, s_malformed);

    internal override TreeException RefuseName(string name) => new(
        Errno.EINVAL,
        $"{name} is not the name of an extension: write 0x and 1 to 8 hex digits, not all 0 (the end) nor 0x51324653 (Qcow2Fs's own)");

    // 0x, 1 to 8 digits of either case, and .2 and up for duplicates. The end marker's magic is no extension's,
    // and our own is hidden.
    private static bool TryParse(ReadOnlySpan<byte> name, out uint magic, out int ordinal)
    {
        magic = 0;
        ordinal = 1;
        if (!name.StartsWith("0x"u8) && !name.StartsWith("0X"u8))
        {
            return false;
        }

        var digits = name[2..];
        if (digits.IndexOf((byte)'.') is >= 0 and var dot)
        {
            var suffix = digits[(dot + 1)..];
            if (!Utf8Parser.TryParse(suffix, out ordinal, out var used) || used != suffix.Length || ordinal < 2
                || suffix[0] is (byte)'0' or (byte)'+')
            {
                return false;
            }

            digits = digits[..dot];
        }

        return digits.Length is > 0 and <= MaxMagicDigits
            && Utf8Parser.TryParse(digits, out magic, out var read, 'x') && read == digits.Length
            && magic is not (ExtensionMagic.End or ExtensionMagic.Skip);
    }
}
