namespace Qcow2Fs.Check;

/// <summary>
/// The header that QEMU writes when it writes a whole one (qcow2_update_header): the fields it knows, those it does not, then
/// the extensions of its own, the unknown ones, an end marker and the backing file's name.
/// </summary>
internal static class HeaderRewrite
{
    private const int FeatureTableSize = 8 * FeatureNameTable.RecordSize;

    /// <summary>Whether that header fits the first cluster.</summary>
    public static bool Fits(OpenState s) => Size(s) <= (long)s.ClusterSize;

    /// <summary>Bytes of that header.</summary>
    public static long Size(OpenState s)
    {
        var size = s.IsVersion3
            ? Math.Max(HeaderFields.Version3Length, (long)s[HeaderFields.HeaderLength])
            : HeaderFields.Version2Length;
        if (s.LastData(ExtensionMagic.BackingFormat) is { } format)
        {
            size += Extension.Footprint(ImageText.CString(format).Length);
        }

        if (s.HasDataFile && s.LastData(ExtensionMagic.DataFile) is { } name)
        {
            size += Extension.Footprint(ImageText.CString(name).Length);
        }

        // A crypto header at offset 0 is as good as none to QEMU.
        if (s.LastData(ExtensionMagic.CryptoHeader) is { } crypto)
        {
            size += crypto.AsSpan(0, Math.Min(8, crypto.Length)).ContainsAnyExcept((byte)0) ? Extension.Footprint(crypto.Length) : 0;
        }

        if (s.IsVersion3 && s.ClusterSize > Limits.ClusterWithoutFeatureNames)
        {
            size += Extension.Footprint(FeatureTableSize);
        }

        if (s.Bitmaps is not null)
        {
            size += Extension.Footprint(BitmapExtensionFields.Size);
        }

        // Everything else is copied, each time that it occurs.
        size += s.Header.Extensions.Items.Sum(item => item.Magic switch
        {
            ExtensionMagic.BackingFormat or ExtensionMagic.FeatureTable or ExtensionMagic.Bitmaps
                or ExtensionMagic.CryptoHeader or ExtensionMagic.DataFile => 0,
            _ => Extension.Footprint(item.Length),
        });
        size += Extension.EntryHeaderSize;
        return size + ImageText.CString(s.Header.BackingFileName).Length;
    }
}
