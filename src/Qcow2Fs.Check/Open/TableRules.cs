namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the tables' offsets in the header (qcow2_open, qcow2_validate_table) and of the disk's size.</summary>
internal static class TableRules
{
    private const ulong SnapshotHeaderSize = 40;

    public static Refusal? NoRefcountTable(OpenState s) => s[HeaderFields.RefcountTableClusters] == 0
        ? new(Of(HeaderFields.RefcountTableClusters), "Image does not contain a reference count table", Remedy.RepairImage) : null;

    public static Refusal? RefcountTable(OpenState s) => Table(s, "Reference count table",
        HeaderFields.RefcountTableClusters, s.ClusterSize, Limits.RefcountTable / s.ClusterSize, HeaderFields.RefcountTableOffset, null);

    public static Refusal? SnapshotTable(OpenState s) => Table(s, "Snapshot table",
        HeaderFields.NbSnapshots, SnapshotHeaderSize, Limits.Snapshots, HeaderFields.SnapshotOffset, Remedy.RepairImage);

    public static Refusal? L1Table(OpenState s) => Table(s, "Active L1 table",
        HeaderFields.L1Size, 8, Limits.L1Entries, HeaderFields.L1TableOffset, null);

    public static Refusal? TooBig(OpenState s) => L1EntriesNeeded(s) > int.MaxValue ? new(Of(HeaderFields.Size), "Image is too big") : null;

    public static Refusal? L1TooSmall(OpenState s) =>
        s[HeaderFields.L1Size] < L1EntriesNeeded(s) ? new(Of(HeaderFields.L1Size), "L1 table is too small") : null;

    public static Refusal? L1Unreadable(OpenState s) =>
        s[HeaderFields.L1Size] > 0 && IsBehindLimit(s[HeaderFields.L1TableOffset], 8 * s[HeaderFields.L1Size])
            ? new(Of(HeaderFields.L1TableOffset), "Could not read L1 table: Input/output error") : null;

    public static Refusal? RefcountsUnreadable(OpenState s) =>
        IsBehindLimit(s[HeaderFields.RefcountTableOffset], s.ClusterSize * s[HeaderFields.RefcountTableClusters])
            ? new(Of(HeaderFields.RefcountTableOffset), "Could not initialize refcount handling: Input/output error") : null;

    // A size just below 2^64 passes the checks above, because the sum of L1EntriesNeeded wraps around.
    public static Refusal? SectorCount(OpenState s) =>
        s.DiskSize > Limits.FileOffset ? new(Of(HeaderFields.Size), "Could not refresh total sector count: File too large") : null;

    public static bool IsBehindLimit(ulong offset, ulong length) => offset > Limits.FileOffset || length > Limits.FileOffset - offset;

    private static ulong L1EntriesNeeded(OpenState s)
    {
        // An L2 table is a cluster of 8-byte entries, or of 16-byte entries if they have subclusters.
        var shift = (2 * (int)s[HeaderFields.ClusterBits]) - ((s.Incompatible & 16) != 0 ? 4 : 3);
        return unchecked(s[HeaderFields.Size] + (1UL << shift) - 1) >> shift;
    }

    private static Refusal? Table(OpenState s, string name, Field count, ulong entrySize, ulong limit, Field offset, Remedy? remedy) =>
        s[count] > limit ? new(Of(count), $"{name} too large", remedy, "size")
        : s[offset] % s.ClusterSize != 0 || s[offset] > long.MaxValue - (s[count] * entrySize)
            ? new(Of(offset), $"{name} offset invalid", remedy, "offset")
        : null;
}
