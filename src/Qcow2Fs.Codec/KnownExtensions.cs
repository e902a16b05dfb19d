using System.Collections.Immutable;

namespace Qcow2Fs.Codec;

/// <summary>A header extension that the specification defines. A row of <see cref="KnownExtensions"/>.</summary>
/// <param name="Magic">Its magic.</param>
/// <param name="Name">qcow2.py's name of it.</param>
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
