namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the fixed header (qcow2_open), up to the tables; specification, "Header".</summary>
internal static class HeaderRules
{
    public static Refusal? Magic(OpenState s) => s.Header.HasMagic ? null
        : new(Of(HeaderFields.Magic), "Image is not in qcow2 format", new Remedy.Write(Of(HeaderFields.Magic), "0x514649fb"));

    public static Refusal? Version(OpenState s) =>
        s.Header.Version is 2 or 3 ? null : new(Of(HeaderFields.Version), $"Unsupported qcow2 version {s.Header.Version}");

    public static Refusal? ClusterBits(OpenState s) => s.Header.IsClusterSizeKnown ? null
        : new(Of(HeaderFields.ClusterBits), $"Unsupported cluster size: 2^{s[HeaderFields.ClusterBits]}");

    public static Refusal? HeaderTooShort(OpenState s) =>
        s.IsVersion3 && s[HeaderFields.HeaderLength] < (ulong)HeaderFields.Version3MinLength
        ? new(Of(HeaderFields.HeaderLength), "qcow2 header too short") : null;

    public static Refusal? HeaderTooLong(OpenState s) => s.IsVersion3 && s[HeaderFields.HeaderLength] > s.ClusterSize
        ? new(Of(HeaderFields.HeaderLength), "qcow2 header exceeds cluster size") : null;

    public static Refusal? BackingFileOffset(OpenState s) => s[HeaderFields.BackingFileOffset] > s.ClusterSize
        ? new(Of(HeaderFields.BackingFileOffset), "Invalid backing file offset") : null;

    // QEMU may be built without zstd (1); Debian's is not.
    public static Refusal? CompressionUnknown(OpenState s) => s[HeaderFields.CompressionType] > 1
        ? new(Of(HeaderFields.CompressionType), $"qcow2: unknown compression type: {s[HeaderFields.CompressionType]}") : null;

    public static Refusal? CompressionBit(OpenState s)
    {
        var subject = Of(FeatureGroup.Incompatible, 3);
        return (s[HeaderFields.CompressionType], s.Incompatible & 8) switch
        {
            (0, not 0) => new(subject,
                "qcow2: Compression type incompatible feature bit must not be set", new Remedy.Remove(subject), "set"),
            (1, 0) => new(subject, "qcow2: Compression type incompatible feature bit must be set", new Remedy.Create(subject), "clear"),
            _ => null,
        };
    }

    public static IEnumerable<Refusal> UnknownFeatures(OpenState s)
    {
        var unknown = s.Incompatible & ~OpenState.KnownIncompatible;
        if (unknown == 0)
        {
            yield break;
        }

        var sentence = "Unsupported qcow2 feature(s): " + UnsupportedFeatureText.Of(s, unknown);
        foreach (var subject in FeatureGroup.BitsOf(unknown).Select(bit => Of(FeatureGroup.Incompatible, bit)))
        {
            yield return new(subject, sentence, new Remedy.Remove(subject, Remedy.RepairImage));
        }
    }

    public static Refusal? Corrupt(OpenState s) => (s.Incompatible & 2) != 0
        ? new(Of(FeatureGroup.Incompatible, 1), "qcow2: Image is corrupt; cannot be opened read/write", Remedy.RepairImage) : null;

    public static Refusal? SubclusterSize(OpenState s) => (s.Incompatible & 16) != 0 && s.ClusterSize / 32 < Header.MinClusterSize
        ? new(Of(FeatureGroup.Incompatible, 4), $"Unsupported subcluster size: {s.ClusterSize / 32}") : null;

    public static Refusal? RefcountOrder(OpenState s) => s[HeaderFields.RefcountOrder] > 6
        ? new(Of(HeaderFields.RefcountOrder), "Reference count entry width too large; may not exceed 64 bits",
            new Remedy.Write(Of(HeaderFields.RefcountOrder), "4"))
        : null;

    // Printed as a signed number.
    public static Refusal? CryptMethod(OpenState s) => s[HeaderFields.CryptMethod] > 2
        ? new(Of(HeaderFields.CryptMethod), $"Unsupported encryption method {(int)(uint)s[HeaderFields.CryptMethod]}") : null;

    public static Refusal? BackingNameTooLong(OpenState s) =>
        s.Header.HasBackingFile && s[HeaderFields.BackingFileOffset] <= s.ClusterSize
        && s[HeaderFields.BackingFileSize] > Math.Min(Limits.BackingFileName, s.ClusterSize - s[HeaderFields.BackingFileOffset])
            ? new(Of(HeaderFields.BackingFileSize), "Backing file name too long") : null;
}

/// <summary>How QEMU names incompatible bits that it does not know (report_unsupported_feature).</summary>
internal static class UnsupportedFeatureText
{
    /// <summary>The bits' names in the order of the image's table, then what the table does not name as one number.</summary>
    public static string Of(OpenState state, ulong bits)
    {
        var names = new List<string>();
        for (var table = Table(state).AsSpan(); table.Length > FeatureNameTable.NameOffset && table[FeatureNameTable.NameOffset] != 0;
            table = table[Math.Min(FeatureNameTable.RecordSize, table.Length)..])
        {
            // The shift uses the low six bits of the number.
            var bit = 1UL << (int)FeatureNameFields.Bit.Read(table);
            if (FeatureNameFields.Type.Read(table) == FeatureGroup.Incompatible.Type && (bits & bit) != 0)
            {
                names.Add(Text(table[FeatureNameTable.NameOffset..Math.Min(FeatureNameTable.RecordSize, table.Length)]));
                bits &= ~bit;
            }
        }

        if (bits != 0)
        {
            names.Add($"Unknown incompatible feature: {bits:x}");
        }

        return string.Join(", ", names);
    }

    // QEMU looks for the table before it has read the encryption method, so a crypto header ends its search like any bad
    // extension does. A table found before that is used.
    private static byte[] Table(OpenState state)
    {
        var read = state.Header.Extensions.Items.TakeWhile(
            item => item.Magic != ExtensionMagic.CryptoHeader && ExtensionRules.FaultOf(state, item) is null);
        return read.Where(item => item.Magic == ExtensionMagic.FeatureTable).ToList() is [.., var table]
            ? state.Header.DataOf(table).ToArray() : [];
    }
}
