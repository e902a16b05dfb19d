namespace Qcow2Fs.Codec;

/// <summary>Reads the payload of the feature name extension: records of 48 bytes (specification, "Feature name table").</summary>
public static class FeatureNameTable
{
    /// <summary>Bytes of a record.</summary>
    public const int RecordSize = 48;

    /// <summary>The offset of the name in a record, after type and bit.</summary>
    public static int NameOffset => FeatureNameFields.All.Size;

    /// <summary>Bytes of a name, padded with zeros.</summary>
    public static int MaxNameLength => RecordSize - NameOffset;

    /// <summary>The number of whole records that have a name. QEMU stops at the first one without.</summary>
    public static int Count(ReadOnlySpan<byte> table)
    {
        var count = 0;
        while (table.Length >= RecordSize && table[NameOffset] != 0)
        {
            table = table[RecordSize..];
            count++;
        }

        return count;
    }

    /// <summary>The index of the last record that names the bit; -1 if there is none.</summary>
    public static int IndexOf(ReadOnlySpan<byte> table, FeatureGroup group, int bit)
    {
        var index = Count(table) - 1;
        while (index >= 0 && !Names(table[(index * RecordSize)..], group, bit))
        {
            index--;
        }

        return index;
    }

    /// <summary>The name in the record at <paramref name="index"/>, to its first zero byte.</summary>
    public static ReadOnlySpan<byte> NameAt(ReadOnlySpan<byte> table, int index)
    {
        var name = table.Slice((index * RecordSize) + NameOffset, MaxNameLength);
        return name.IndexOf((byte)0) is >= 0 and var end ? name[..end] : name;
    }

    /// <summary>The bytes of a record; the name has at most <see cref="MaxNameLength"/> bytes.</summary>
    internal static byte[] Record(FeatureGroup group, int bit, ReadOnlySpan<byte> name)
    {
        var record = new byte[RecordSize];
        FeatureNameFields.Type.Write(record, group.Type);
        FeatureNameFields.Bit.Write(record, (ulong)bit);
        name.CopyTo(record.AsSpan(NameOffset));
        return record;
    }

    private static bool Names(ReadOnlySpan<byte> record, FeatureGroup group, int bit) =>
        FeatureNameFields.Type.Read(record) == group.Type && FeatureNameFields.Bit.Read(record) == (ulong)bit;
}

/// <summary>The start of a record of the feature name table (specification, "Feature name table"); the name follows.</summary>
public static class FeatureNameFields
{
    /// <summary>The table.</summary>
    public static readonly FieldTable All = [];

    /// <summary>The group: 0 incompatible, 1 compatible, 2 autoclear.</summary>
    public static readonly Field Type = All.Add("type", 1, FieldStyle.Decimal, "group of feature bits");

    /// <summary>The bit, 0 to 63.</summary>
    public static readonly Field Bit = All.Add("bit", 1, FieldStyle.Decimal, "number of the bit");
}
