namespace Qcow2Fs.Codec.Edits;

/// <summary>Sets and clears feature bits and gives them names.</summary>
public static class FeatureEdit
{
    // The names that QEMU's own tables give to the known bits, from bit 0 on, in the order of the groups.
    private static readonly ImmutableArray<ImmutableArray<string>> s_names =
    [
        ["dirty bit", "corrupt bit", "external data file", "compression type", "extended L2 entries"],
        ["lazy refcounts"],
        ["bitmaps", "raw external data"],
    ];

    /// <summary>Whether the bit (0 to 63) is set; never in version 2.</summary>
    public static bool HasFeature(this Header header, FeatureGroup group, int bit) => (header[group.Field] & (1UL << bit)) != 0;

    /// <summary>The header with the bit (0 to 63) set or cleared.</summary>
    /// <exception cref="HeaderException">Invalid: version 2 has no feature bits.</exception>
    public static Header WithFeature(this Header header, FeatureGroup group, int bit, bool set)
    {
        if (!header.Has(group.Field))
        {
            throw new HeaderException(HeaderError.Invalid,
                $"version {header.Version} has no feature bits; write 3 to header/version first");
        }

        var mask = 1UL << bit;
        return header.WithField(group.Field, set ? header[group.Field] | mask : header[group.Field] & ~mask);
    }

    /// <summary>The name that the image's feature name table gives the bit; empty if it gives none.</summary>
    public static ReadOnlySpan<byte> FeatureNameOf(this Header header, FeatureGroup group, int bit)
    {
        var table = TableOf(header);
        return FeatureNameTable.IndexOf(table, group, bit) is >= 0 and var index ? FeatureNameTable.NameAt(table, index) : [];
    }

    /// <summary>The header whose feature name table gives the bit that name; a header without the table gets one.</summary>
    /// <exception cref="HeaderException">NameTooLong (above 46 bytes), Invalid (empty or with a zero byte), NoRoom, Malformed.</exception>
    public static Header WithFeatureName(this Header header, FeatureGroup group, int bit, ReadOnlySpan<byte> name)
    {
        RequireName(name);
        var table = TableOf(header);
        var index = FeatureNameTable.IndexOf(table, group, bit);
        // A new record goes after the last one that QEMU would read, before any record without a name.
        var start = (index >= 0 ? index : FeatureNameTable.Count(table)) * FeatureNameTable.RecordSize;
        var end = index >= 0 ? start + FeatureNameTable.RecordSize : start;
        return header.WithExtension(ExtensionMagic.FeatureTable,
            [.. table[..start], .. FeatureNameTable.Record(group, bit, name), .. table[end..]]);
    }

    /// <summary>The header whose feature name table names the bits that QEMU knows, as QEMU names them.</summary>
    /// <exception cref="HeaderException">NoRoom, Malformed.</exception>
    public static Header WithKnownFeatureNames(this Header header)
    {
        foreach (var group in FeatureGroup.All)
        {
            for (var bit = 0; bit < s_names[group.Type].Length; bit++)
            {
                header = header.WithFeatureName(group, bit, Encoding.ASCII.GetBytes(s_names[group.Type][bit]));
            }
        }

        return header;
    }

    /// <summary>Refuses what cannot be a feature's name.</summary>
    /// <exception cref="HeaderException">NameTooLong (above 46 bytes) or Invalid (empty or with a zero byte).</exception>
    public static void RequireName(ReadOnlySpan<byte> name)
    {
        NameEdit.RequireLength(name, FeatureNameTable.MaxNameLength, "a feature's name");
        if (name.IsEmpty || name.Contains((byte)0))
        {
            throw new HeaderException(HeaderError.Invalid, "a feature's name cannot be empty or hold a zero byte");
        }
    }

    private static ReadOnlySpan<byte> TableOf(Header header) =>
        header.TryGetExtension(ExtensionMagic.FeatureTable, out var table) ? table : [];
}
