namespace Qcow2Fs.Rescue;

/// <summary>Where everything of an image lies: what a header says, found without one.</summary>
/// <param name="Refcounts">Cluster size, refcount width, refcount table.</param>
/// <param name="Format">How L2 tables are read.</param>
internal sealed record Layout(Refcounts Refcounts, L2Format Format)
{
    /// <summary>Clusters of the refcount table.</summary>
    public long RefcountTableClusters { get; init; } = Refcounts.TableClusters;

    /// <summary>Where the active L1 table starts.</summary>
    public long L1Offset { get; init; }

    /// <summary>Clusters of the active L1 table.</summary>
    public long L1Clusters { get; init; }

    /// <summary>The snapshots.</summary>
    public FoundSnapshots Snapshots { get; init; } = FoundSnapshots.None;

    /// <summary>The persistent bitmaps.</summary>
    public FoundBitmaps Bitmaps { get; init; } = FoundBitmaps.None;

    /// <summary>Where the LUKS header starts; 0 if there is none.</summary>
    public long LuksOffset { get; init; }

    /// <summary>Bytes of the LUKS header.</summary>
    public long LuksLength { get; init; }

    /// <summary>Where the entries of the active L1 table end, if its last cluster then has other bytes: QEMU does not clear them.</summary>
    public long? L1End { get; init; }

    /// <summary>Entries for which the active L1 table has room.</summary>
    public long L1Room => L1End is { } end ? (end - L1Offset) / 8 : Math.Min(L1Clusters * Refcounts.ClusterSize / 8, Limits.L1Entries);

    /// <summary>The largest disk that the active L1 table can map, in bytes.</summary>
    public UInt128 MaxSize => (UInt128)L1Room << CoverageBits;

    /// <summary>Binary logarithm of the guest's bytes that one L1 entry maps.</summary>
    public int CoverageBits => Format.CoverageBits(Refcounts.ClusterBits);
}
