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
    /// "Q2FS", Qcow2Fs's own: while a commit moves the list, it covers bytes that the walk of the list must skip.
    /// The tree hides it and the next commit removes it (docs/durability.md).
    /// </summary>
    public const uint Skip = 0x51324653;
}
