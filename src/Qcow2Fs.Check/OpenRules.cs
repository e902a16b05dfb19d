using System.Collections.Immutable;
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
        One("magic", Openers.All, HeaderRules.Magic) with { IsFinal = true },
        One("version", Openers.All, HeaderRules.Version) with { IsFinal = true },
        One("cluster-bits", Openers.All, HeaderRules.ClusterBits) with { IsFinal = true },
        One("header-too-short", Openers.All, HeaderRules.HeaderTooShort),
        One("header-too-long", Openers.All, HeaderRules.HeaderTooLong),
        One("backing-offset", Openers.All, HeaderRules.BackingFileOffset),
        One("compression-unknown", Openers.All, HeaderRules.CompressionUnknown),
        One("compression-bit", Openers.All, HeaderRules.CompressionBit),
        new("unknown-features", Openers.All, HeaderRules.UnknownFeatures),
        One("corrupt", Openers.Write, HeaderRules.Corrupt),
        One("subcluster-size", Openers.All, HeaderRules.SubclusterSize),
        One("refcount-order", Openers.All, HeaderRules.RefcountOrder),
        One("no-refcount-table", Openers.All, TableRules.NoRefcountTable),
        One("refcount-table", Openers.All, TableRules.RefcountTable),
        One("snapshot-table", Openers.All, TableRules.SnapshotTable),
        One("l1-table", Openers.All, TableRules.L1Table),
        One("too-big", Openers.All, TableRules.TooBig),
        One("l1-too-small", Openers.All, TableRules.L1TooSmall),
        One("l1-unreadable", Openers.All, TableRules.L1Unreadable),
        One("crypt-method", Openers.All, HeaderRules.CryptMethod),
        One("refcounts-unreadable", Openers.All, TableRules.RefcountsUnreadable),
        new("extension", Openers.All, ExtensionRules.List)
        {
            Unreadable = new("encryption/offset", "Could not read encryption header: Input/output error"),
        },
        One("data-file", Openers.Data, DataRules.DataFile),
        One("crypto-header-missing", Openers.Data, DataRules.CryptoHeaderMissing),
        One("backing-name", Openers.All, HeaderRules.BackingNameTooLong),
        new("snapshots", Openers.All, SnapshotRules.Table) { Unreadable = new("header/snapshot_offset", SnapshotRules.Unreadable) },
        new("bitmaps", Openers.All, BitmapRules.Directory) { Unreadable = new("extensions/0x23852875", BitmapRules.Unreadable) },
        new("bitmap", Openers.All, BitmapLoadRules.Load) { Unreadable = new("extensions/0x23852875", BitmapRules.Unreadable) },
        One("bitmaps-write", Openers.Write, WriteRules.Bitmaps),
        One("header-write", Openers.Write, WriteRules.UpdateHeader),
        One("repair", Openers.Write, WriteRules.Repair),
        One("sector-count", Openers.All, TableRules.SectorCount),
        One("info-crash", Openers.Info, DataRules.InfoCrashes),
        One("backing-format", Openers.Data, DataRules.BackingFormatUnknown),
    ];
}
