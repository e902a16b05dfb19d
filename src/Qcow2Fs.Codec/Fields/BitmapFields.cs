namespace Qcow2Fs.Codec;

/// <summary>The table that declares an entry of the bitmap directory (specification, "Bitmap directory").</summary>
public static class BitmapFields
{
    /// <summary>The table.</summary>
    public static readonly FieldTable All = [];

    /// <summary>Where the bitmap's table starts.</summary>
    public static readonly Field TableOffset = All.Add("bitmap_table_offset", 8, FieldStyle.Hex, "offset of the bitmap's table");

    /// <summary>Entries of the bitmap's table, 8 bytes each.</summary>
    public static readonly Field TableSize = All.Add("bitmap_table_size", 4, FieldStyle.Decimal, "entries in the bitmap's table");

    /// <summary>Bit 0 in use, 1 auto, 2 extra data compatible.</summary>
    public static readonly Field Flags = All.Add("flags", 4, FieldStyle.Hex, "bit 0 in use, bit 1 auto, bit 2 extra data compatible");

    /// <summary>1, a dirty tracking bitmap.</summary>
    public static readonly Field Type = All.Add("type", 1, FieldStyle.Decimal, "1, a dirty tracking bitmap");

    /// <summary>Binary logarithm of the bytes that a bit stands for, 9 to 31.</summary>
    public static readonly Field GranularityBits = All.Add("granularity_bits", 1, FieldStyle.Decimal, "a bit stands for 2^this bytes, 9 to 31");

    /// <summary>Bytes of the name.</summary>
    public static readonly Field NameSize = All.Add("name_size", 2, FieldStyle.Decimal, "length of the name in bytes");

    /// <summary>Bytes of extra data between the fixed fields and the name.</summary>
    public static readonly Field ExtraDataSize = All.Add("extra_data_size", 4, FieldStyle.Decimal, "length of the extra data in bytes");

    /// <summary>Bytes of the fixed fields.</summary>
    public static readonly int FixedSize = All.Length;
}
