using System.Collections.Immutable;

namespace Qcow2Fs.Codec.Tables;

/// <summary>The table that declares the bitmaps extension (specification, "Bitmaps extension").</summary>
public static class BitmapExtensionFields
{
    private static readonly List<TableField> s_rows = [];

    /// <summary>Entries of the directory.</summary>
    public static readonly TableField NbBitmaps = Add("nb_bitmaps", 4, FieldStyle.Decimal, "number of bitmaps");

    /// <summary>Must be 0.</summary>
    public static readonly TableField Reserved = Add("reserved32", 4, FieldStyle.Decimal, "reserved, 0");

    /// <summary>Bytes of the directory.</summary>
    public static readonly TableField DirectorySize = Add("bitmap_directory_size", 8, FieldStyle.Hex, "length of the bitmap directory in bytes");

    /// <summary>Where the directory starts.</summary>
    public static readonly TableField DirectoryOffset = Add("bitmap_directory_offset", 8, FieldStyle.Hex, "offset of the bitmap directory");

    /// <summary>Bytes of the extension.</summary>
    public static readonly int Size = DirectoryOffset.End;

    /// <summary>Every field, in the order of their offsets.</summary>
    public static readonly ImmutableArray<TableField> All = [.. s_rows];

    private static TableField Add(string name, int width, FieldStyle style, string summary) => TableField.Add(s_rows, name, width, style, summary);
}

/// <summary>The table that declares an entry of the bitmap directory (specification, "Bitmap directory").</summary>
public static class BitmapFields
{
    private static readonly List<TableField> s_rows = [];

    /// <summary>Where the bitmap's table starts.</summary>
    public static readonly TableField TableOffset = Add("bitmap_table_offset", 8, FieldStyle.Hex, "offset of the bitmap's table");

    /// <summary>Entries of the bitmap's table, 8 bytes each.</summary>
    public static readonly TableField TableSize = Add("bitmap_table_size", 4, FieldStyle.Decimal, "entries in the bitmap's table");

    /// <summary>Bit 0 in use, 1 auto, 2 extra data compatible.</summary>
    public static readonly TableField Flags = Add("flags", 4, FieldStyle.Hex, "bit 0 in use, bit 1 auto, bit 2 extra data compatible");

    /// <summary>1, a dirty tracking bitmap.</summary>
    public static readonly TableField Type = Add("type", 1, FieldStyle.Decimal, "1, a dirty tracking bitmap");

    /// <summary>Binary logarithm of the bytes that a bit stands for, 9 to 31.</summary>
    public static readonly TableField GranularityBits = Add("granularity_bits", 1, FieldStyle.Decimal, "a bit stands for 2^this bytes, 9 to 31");

    /// <summary>Bytes of the name.</summary>
    public static readonly TableField NameSize = Add("name_size", 2, FieldStyle.Decimal, "length of the name in bytes");

    /// <summary>Bytes of extra data between the fixed fields and the name.</summary>
    public static readonly TableField ExtraDataSize = Add("extra_data_size", 4, FieldStyle.Decimal, "length of the extra data in bytes");

    /// <summary>Bytes of the fixed fields.</summary>
    public static readonly int FixedSize = ExtraDataSize.End;

    /// <summary>Every field, in the order of their offsets.</summary>
    public static readonly ImmutableArray<TableField> All = [.. s_rows];

    private static TableField Add(string name, int width, FieldStyle style, string summary) => TableField.Add(s_rows, name, width, style, summary);
}
