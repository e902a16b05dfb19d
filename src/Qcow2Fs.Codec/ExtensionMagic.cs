namespace Qcow2Fs.Codec;

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
    /// "Q2FS": our own, for a moment in the middle of a commit that has to move the list: it spans bytes that the walk of
    /// the list must skip. Views hide it and the next commit removes it (docs/durability.md).
    /// </summary>
    public const uint Skip = 0x51324653;

    /// <summary>qcow2.py's name of the magic, or null where it has none.</summary>
    public static string? NameOf(uint magic) => magic switch
    {
        BackingFormat => "Backing format",
        FeatureTable => "Feature table",
        CryptoHeader => "Crypto header",
        DataFile => "Data file",
        Bitmaps => "Bitmaps",
        _ => null,
    };
}
