namespace Qcow2Fs.Codec;

/// <summary>The payload of the crypto header extension (specification, "Full disk encryption header pointer").</summary>
public static class CryptoHeaderFields
{
    /// <summary>The table.</summary>
    public static readonly FieldTable All = [];

    /// <summary>Where the LUKS header starts.</summary>
    public static readonly Field Offset = All.Add("offset", 8, FieldStyle.Hex, "offset of the LUKS header");

    /// <summary>Bytes of the LUKS header with its key slots.</summary>
    public static readonly Field Length = All.Add("length", 8, FieldStyle.Decimal, "length of the LUKS header in bytes");
}

/// <summary>The payload of the bitmaps extension (specification, "Bitmaps extension").</summary>
public static class BitmapExtensionFields
{
    /// <summary>The table.</summary>
    public static readonly FieldTable All = [];

    /// <summary>Entries of the directory.</summary>
    public static readonly Field NbBitmaps = All.Add("nb_bitmaps", 4, FieldStyle.Decimal, "number of bitmaps");

    /// <summary>Must be 0.</summary>
    public static readonly Field Reserved = All.Add("reserved32", 4, FieldStyle.Decimal, "reserved, 0");

    /// <summary>Bytes of the directory.</summary>
    public static readonly Field DirectorySize = All.Add("bitmap_directory_size", 8, FieldStyle.Hex,
        "length of the bitmap directory in bytes");

    /// <summary>Where the directory starts.</summary>
    public static readonly Field DirectoryOffset = All.Add("bitmap_directory_offset", 8, FieldStyle.Hex, "offset of the bitmap directory");

    /// <summary>Bytes of the extension.</summary>
    public static readonly int Size = All.Size;
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
