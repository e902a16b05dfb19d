namespace Qcow2Fs.Check.Tests;

/// <summary>The rules, with their parts, that an image can be refused by. A rule that no mutant meets is not tested.</summary>
internal static class ReachableRules
{
    public static readonly string[] All =
    [
        "backing-format", "backing-name", "backing-offset", "bitmap-crash", "bitmap-duplicate", "bitmap-table",
        "bitmap-table-size", "bitmap-table-unreadable", "bitmaps-broken", "bitmaps-constraints", "bitmaps-empty", "bitmaps-extra",
        "bitmaps-less", "bitmaps-more", "bitmaps-unreadable", "bitmaps-write-overlap", "bitmaps-write-size",
        "bitmaps-write-space", "cluster-bits", "compression-bit-clear", "compression-bit-set", "compression-unknown", "corrupt",
        "crypt-method", "crypto-header-missing", "data-file-missing", "data-file-raw", "data-file-unnamed", "extension-area",
        "extension-backing-format", "extension-bitmaps-length", "extension-bitmaps-many", "extension-bitmaps-none",
        "extension-bitmaps-offset", "extension-bitmaps-reserved", "extension-bitmaps-size", "extension-crypto-length",
        "extension-crypto-offset", "extension-crypto-unexpected", "extension-luks-cipher", "extension-luks-cipher-nul",
        "extension-luks-essiv", "extension-luks-essiv-cipher", "extension-luks-hash", "extension-luks-hash-nul",
        "extension-luks-iterations", "extension-luks-iv", "extension-luks-iv-hash", "extension-luks-iv-missing",
        "extension-luks-key-cast5", "extension-luks-key-crash", "extension-luks-key-outside", "extension-luks-key-sm4",
        "extension-luks-key-xts",
        "extension-luks-magic", "extension-luks-mode", "extension-luks-mode-format", "extension-luks-mode-nul",
        "extension-luks-no-key", "extension-luks-outside", "extension-luks-payload", "extension-luks-slot-header",
        "extension-luks-slot-iterations", "extension-luks-slot-payload", "extension-luks-slots", "extension-luks-state",
        "extension-luks-stripes", "extension-luks-unreadable", "extension-luks-version", "header-too-long", "header-too-short",
        "header-write", "info-crash", "l1-table-offset", "l1-table-size", "l1-too-small", "l1-unreadable", "magic",
        "no-refcount-table", "refcount-order", "refcount-table-offset", "refcount-table-size", "refcounts-unreadable", "repair",
        "sector-count", "snapshot-table-offset", "snapshot-table-size", "snapshots-extra", "snapshots-size",
        "snapshots-unreadable", "subcluster-size", "too-big", "unknown-features", "version",
    ];

    /// <summary>Those of that series.</summary>
    public static IReadOnlyList<string> Of(QemuVersion qemu) =>
    [
        .. All.Where(rule => rule switch
        {
            "extension-luks-key-sm4" => qemu >= QemuVersion.V90,
            "info-crash" => qemu < QemuVersion.V10,
            _ => true,
        }),
    ];
}
