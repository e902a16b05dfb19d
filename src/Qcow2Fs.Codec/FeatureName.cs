namespace Qcow2Fs.Codec;

/// <summary>One record of the feature name table (specification, "Feature name table").</summary>
/// <param name="Type">The group: 0 incompatible, 1 compatible, 2 autoclear.</param>
/// <param name="Bit">The bit.</param>
/// <param name="Index">The record's place in the table.</param>
public readonly record struct FeatureName(byte Type, byte Bit, int Index)
{
    /// <summary>Bytes of a record.</summary>
    public const int RecordSize = 48;

    /// <summary>Bytes of a name, padded with zeros.</summary>
    public const int MaxNameLength = RecordSize - NameOffset;

    /// <summary>Where the name lies in a record, behind type and bit.</summary>
    public const int NameOffset = 2;

    /// <summary>Records of the table that are whole and have a name. QEMU stops at the first one without.</summary>
    public static int CountIn(ReadOnlySpan<byte> table)
    {
        var count = 0;
        while (table.Length >= RecordSize && table[NameOffset] != 0)
        {
            table = table[RecordSize..];
            count++;
        }

        return count;
    }

    /// <summary>The record that names the bit, the last one if there are several; null if there is none.</summary>
    public static FeatureName? Find(ReadOnlySpan<byte> table, FeatureGroup group, int bit)
    {
        for (var i = CountIn(table) - 1; i >= 0; i--)
        {
            var record = table[(i * RecordSize)..];
            if (record[0] == group.Type && record[1] == bit)
            {
                return new(record[0], record[1], i);
            }
        }

        return null;
    }

    /// <summary>The record's name, to its first zero byte.</summary>
    public ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> table)
    {
        var name = table.Slice((Index * RecordSize) + NameOffset, MaxNameLength);
        return name.IndexOf((byte)0) is >= 0 and var end ? name[..end] : name;
    }
}
