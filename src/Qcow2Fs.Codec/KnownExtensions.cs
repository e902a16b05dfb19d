namespace Qcow2Fs.Codec;

/// <summary>A header extension that the specification defines, under qcow2.py's name. A row of <see cref="KnownExtensions"/>.</summary>
public sealed record KnownExtension(uint Magic, string Name)
{
    /// <summary>The directory that shows the payload's fields, one file each; null if there is none.</summary>
    public string? Directory { get; init; }

    /// <summary>A short description of the directory.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The payload's fields; empty where the payload is a text or a list.</summary>
    public FieldTable Fields { get; init; } = [];
}

/// <summary>
/// The one table of header extensions (specification, "Header extensions"). The tree's directories, the names in listings,
/// dumps and JSON come from it. A new extension is a row here, with a directory or without.
/// </summary>
public static class KnownExtensions
{
    /// <summary>The table, in qcow2.py's order.</summary>
    public static readonly ImmutableArray<KnownExtension> All =
    [
        new(ExtensionMagic.BackingFormat, "Backing format"),
        new(ExtensionMagic.FeatureTable, "Feature table"),
        new(ExtensionMagic.CryptoHeader, "Crypto header")
        {
            Directory = "encryption", Summary = "where the LUKS header lies", Fields = CryptoHeaderFields.All,
        },
        new(ExtensionMagic.DataFile, "Data file"),
        new(ExtensionMagic.Bitmaps, "Bitmaps") { Fields = BitmapExtensionFields.All },
    ];

    /// <summary>The row of that magic; null if it is unknown.</summary>
    public static KnownExtension? Find(uint magic) => All.FirstOrDefault(known => known.Magic == magic);

    /// <summary>The name of the extension; null if the magic is unknown.</summary>
    public static string? NameOf(uint magic) => Find(magic)?.Name;
}

/// <summary>The magics of the header extensions that are known (specification, "Header extensions").</summary>
public static class ExtensionMagic
{
    /// <summary>Ends the list.</summary>
    public const uint End = 0x00000000;

    /// <summary>The backing file's format, text of at most 15 bytes.</summary>
    public const uint BackingFormat = 0xe2792aca;

    /// <summary>The feature name table: records of 48 bytes.</summary>
    public const uint FeatureTable = 0x6803f857;

    /// <summary>Where the bitmap directory lies, 24 bytes.</summary>
    public const uint Bitmaps = 0x23852875;

    /// <summary>Where the LUKS header lies, 16 bytes.</summary>
    public const uint CryptoHeader = 0x0537be77;

    /// <summary>The external data file's name.</summary>
    public const uint DataFile = 0x44415441;

    /// <summary>
    /// "Q2FS", Qcow2Fs's own: while a commit moves the list, it covers bytes that the walk of the list must skip.
    /// The tree hides it and the next commit removes it (docs/durability.md).
    /// </summary>
    public const uint Skip = 0x51324653;
}

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
    public static readonly Field DirectorySize =
        All.Add("bitmap_directory_size", 8, FieldStyle.Hex, "length of the bitmap directory in bytes");

    /// <summary>Where the directory starts.</summary>
    public static readonly Field DirectoryOffset = All.Add("bitmap_directory_offset", 8, FieldStyle.Hex, "offset of the bitmap directory");

    /// <summary>Bytes of the extension.</summary>
    public static readonly int Size = All.Size;
}
