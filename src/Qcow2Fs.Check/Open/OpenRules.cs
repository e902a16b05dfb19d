using static Qcow2Fs.Check.OpenRule;

namespace Qcow2Fs.Check;

/// <summary>
/// The checks that QEMU 7.2 makes while it opens an image, in its order (QEMU, qcow2_open): where several refuse, the first one
/// answers.
/// </summary>
internal static class OpenRules
{
    /// <summary>The table.</summary>
    public static readonly ImmutableArray<OpenRule> All =
    [
        One("magic", OpenModes.All, HeaderRules.Magic) with { IsFinal = true },
        One("version", OpenModes.All, HeaderRules.Version) with { IsFinal = true },
        One("cluster-bits", OpenModes.All, HeaderRules.ClusterBits) with { IsFinal = true },
        One("header-too-short", OpenModes.All, HeaderRules.HeaderTooShort),
        One("header-too-long", OpenModes.All, HeaderRules.HeaderTooLong),
        One("backing-offset", OpenModes.All, HeaderRules.BackingFileOffset),
        One("compression-unknown", OpenModes.All, HeaderRules.CompressionUnknown),
        One("compression-bit", OpenModes.All, HeaderRules.CompressionBit),
        new("unknown-features", OpenModes.All, HeaderRules.UnknownFeatures),
        One("corrupt", OpenModes.Write, HeaderRules.Corrupt),
        One("subcluster-size", OpenModes.All, HeaderRules.SubclusterSize),
        One("refcount-order", OpenModes.All, HeaderRules.RefcountOrder),
        One("no-refcount-table", OpenModes.All, TableRules.NoRefcountTable),
        One("refcount-table", OpenModes.All, TableRules.RefcountTable),
        One("snapshot-table", OpenModes.All, TableRules.SnapshotTable),
        One("l1-table", OpenModes.All, TableRules.L1Table),
        One("too-big", OpenModes.All, TableRules.TooBig),
        One("l1-too-small", OpenModes.All, TableRules.L1TooSmall),
        One("l1-unreadable", OpenModes.All, TableRules.L1Unreadable),
        One("crypt-method", OpenModes.All, HeaderRules.CryptMethod),
        One("refcounts-unreadable", OpenModes.All, TableRules.RefcountsUnreadable),
        new("extension", OpenModes.All, ExtensionRules.List)
        {
            Unreadable = new(new ExtensionField(KnownExtensions.Find(ExtensionMagic.CryptoHeader)!, CryptoHeaderFields.Offset),
                "Could not read encryption header: Input/output error"),
        },
        One("data-file", OpenModes.Data, DataRules.DataFile),
        One("crypto-header-missing", OpenModes.Data, DataRules.CryptoHeaderMissing),
        One("backing-name", OpenModes.All, HeaderRules.BackingNameTooLong),
        new("snapshots", OpenModes.All, SnapshotRules.Table)
        {
            Unreadable = new(Of(HeaderFields.SnapshotOffset), SnapshotRules.Unreadable),
        },
        new("bitmaps", OpenModes.All, BitmapRules.Directory) { Unreadable = BitmapRules.Unreadable },
        new("bitmap", OpenModes.All, BitmapLoadRules.Load) { Unreadable = BitmapRules.Unreadable },
        One("bitmaps-write", OpenModes.Write, WriteRules.Bitmaps),
        One("header-write", OpenModes.Write, WriteRules.UpdateHeader),
        One("repair", OpenModes.Write, WriteRules.Repair),
        One("sector-count", OpenModes.All, TableRules.SectorCount),
        One("info-crash", OpenModes.Info, DataRules.InfoCrashes),
        One("backing-format", OpenModes.Data, DataRules.BackingFormatUnknown),
    ];
}
