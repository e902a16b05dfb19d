namespace Qcow2Fs.Tree.Nodes;

/// <summary>One group of feature bits: a file exists while its bit is set.</summary>
internal sealed class FeaturesDirectory : DirectoryNode
{
    private readonly FeatureGroup _group;
    private readonly ImmutableArray<AttributeNode> _bits;

    public FeaturesDirectory(FeatureGroup group)
        : base(group.Name)
    {
        _group = group;
        _bits = [.. Enumerable.Range(0, FeatureGroup.BitCount).Select(bit => Bit(group, bit))];
    }

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name) =>
        FindNamed(_bits, name) ?? (_group.FindBit(Encoding.UTF8.GetString(name)) is { } number ? _bits[number] : null);

    internal override IEnumerable<(Node? Node, long Next)> List(ReadView view, long after) =>
        ListByIndex(_bits.Length, after, bit => view.Header.HasFeature(_group, bit) ? _bits[bit] : null);

    internal override TreeException RefuseName(ReadView view, string name)
    {
        var article = _group.Name[0] is 'i' or 'a' ? "an" : "a";
        return new(Errno.EINVAL,
            $"{name} is not {article} {_group.Name} feature: write {string.Join(", ", _group.KnownBits)} or a number from 0 to 63");
    }

    private static AttributeNode Bit(FeatureGroup group, int bit) => new(
        group.NameOf(bit),
        header => header.HasFeature(group, bit) ? header.FeatureNameOf(group, bit).ToArray() : null,
        AttributeNode.ParseBytes(
            FeatureEdit.RequireName, (header, name) => header.WithFeature(group, bit, set: true).WithFeatureName(group, bit, name)))
    {
        CreateEdit = header => header.WithFeature(group, bit, set: true),
        RemoveEdit = header => header.WithFeature(group, bit, set: false),
        CanRename = true,
        Describe = header => Encoding.UTF8.GetString(header.FeatureNameOf(group, bit)),
    };
}
