using System.Collections.Immutable;
using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>One group of feature bits: a file exists while its bit is set.</summary>
internal sealed class FeaturesDirectory : DirectoryNode
{
    private readonly FeatureGroup _group;
    private readonly ImmutableArray<TextNode> _bits;

    public FeaturesDirectory(FeatureGroup group)
        : base(group.Name)
    {
        _group = group;
        _bits = [.. Enumerable.Range(0, FeatureGroup.BitCount).Select(bit => Bit(group, bit))];
    }

    internal override bool IsAlwaysThere => true;

    internal override Node? Find(ImageView view, ReadOnlySpan<byte> name)
    {
        foreach (var bit in _bits)
        {
            if (bit.NameBytes.SequenceEqual(name))
            {
                return bit;
            }
        }

        return _group.FindBit(Encoding.UTF8.GetString(name)) is { } number ? _bits[number] : null;
    }

    internal override IReadOnlyList<Node> List(ImageView view, Header header) => [.. _bits.Where((_, bit) => header.HasFeature(_group, bit))];

    internal override TreeException RefuseName(ImageView view, string name) => view.Refuse(Errno.EINVAL,
        $"{name} is not {(_group.Name[0] is 'i' or 'a' ? "an" : "a")} {_group.Name} feature: write {string.Join(", ", _group.KnownBits)} or a number from 0 to 63");

    private static TextNode Bit(FeatureGroup group, int bit) => new(
        group.NameOf(bit),
        header => header.HasFeature(group, bit) ? header.FeatureNameOf(group, bit).ToArray() : null,
        (header, name) => header.WithFeature(group, bit, set: true).WithFeatureName(group, bit, name))
    {
        CreateEdit = header => header.WithFeature(group, bit, set: true),
        RemoveEdit = header => header.WithFeature(group, bit, set: false),
        CanRename = true,
        Describe = header => Encoding.UTF8.GetString(header.FeatureNameOf(group, bit)),
    };
}
