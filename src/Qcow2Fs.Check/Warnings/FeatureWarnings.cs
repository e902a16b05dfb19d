namespace Qcow2Fs.Check;

/// <summary>Warnings of feature bits and the encryption method (specification, "Header").</summary>
internal static class FeatureWarnings
{
    // QEMU, qcow2_open: the first read-write open repairs.
    public static IEnumerable<Finding> Dirty(OpenState s) => (s.Incompatible & 1) == 0 ? []
        : [new("dirty", Severity.Warning, Of(FeatureGroup.Incompatible, 0),
            "the image was not closed: refcounts may be wrong, QEMU repairs them when it opens it read-write", Remedy.RepairImage)];

    // QEMU, qcow2_open: "Clear unknown autoclear feature bits".
    public static IEnumerable<Finding> UnknownAutoclear(OpenState s) =>
        Bits("autoclear-unknown", FeatureGroup.Autoclear, s.Autoclear & ~OpenState.KnownAutoclear,
            bit => $"bit {bit} is reserved; QEMU clears it when it opens the image read-write");

    public static IEnumerable<Finding> UnknownCompatible(OpenState s) =>
        Bits("compatible-unknown", FeatureGroup.Compatible, s[HeaderFields.CompatibleFeatures] & ~1UL,
            bit => $"bit {bit} is reserved; QEMU ignores and keeps it");

    public static IEnumerable<Finding> BitmapsWithoutExtension(OpenState s) =>
        Bits("bitmaps-bit-alone", FeatureGroup.Autoclear, s.Header.LastIndexOf(ExtensionMagic.Bitmaps) < 0 ? s.Autoclear & 1 : 0,
            _ => "the bit is set, but there is no bitmaps extension");

    public static IEnumerable<Finding> RawWithBackingFile(OpenState s) =>
        Bits("raw-data-with-backing", FeatureGroup.Autoclear, s.Header.HasBackingFile ? s.Autoclear & 2 : 0,
            _ => "a raw external data file must not have a backing file");

    // QEMU, qcow2_open: tools still open these images, to convert them.
    public static IEnumerable<Finding> NoLongerSupported(OpenState s) => s[HeaderFields.CryptMethod] != 1 ? []
        : [new("aes-unsupported", Severity.Warning, Of(HeaderFields.CryptMethod),
            "Use of AES-CBC encrypted qcow2 images is no longer supported in system emulators")];

    public static IEnumerable<Finding> Encrypted(OpenState s) => s[HeaderFields.CryptMethod] is not (1 or 2) ? []
        : [new("encrypted", Severity.Note, Of(HeaderFields.CryptMethod),
            $"the guest's data are encrypted ({(s.IsLuks ? "LUKS" : "AES")}): nobody without the key can judge them")];

    private static IEnumerable<Finding> Bits(string rule, FeatureGroup group, ulong bits, Func<int, string> sentence) =>
        FeatureGroup.BitsOf(bits).Select(bit =>
            new Finding(rule, Severity.Warning, Of(group, bit), sentence(bit), new Remedy.Remove(Of(group, bit))));
}
