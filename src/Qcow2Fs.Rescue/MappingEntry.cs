namespace Qcow2Fs.Rescue;

/// <summary>How the L2 tables of an image are to be read.</summary>
/// <param name="Extended">Whether an entry has a second word, the bitmap of its subclusters (incompatible bit 4).</param>
/// <param name="External">
/// Whether data clusters are in another file, at the offset that they have in the guest (incompatible bit 2).
/// </param>
internal readonly record struct L2Format(bool Extended, bool External)
{
    /// <summary>All there are, the most common first.</summary>
    public static readonly ImmutableArray<L2Format> All = [new(false, false), new(true, false), new(false, true), new(true, true)];

    /// <summary>Bytes of an entry.</summary>
    public int EntrySize => Extended ? 16 : 8;

    /// <summary>Binary logarithm of the guest's bytes that one L2 table maps.</summary>
    public int CoverageBits(int clusterBits) => (2 * clusterBits) - (Extended ? 4 : 3);
}

/// <summary>The words of L1 and L2 tables (specification, "Cluster mapping").</summary>
internal static class MappingEntry
{
    private const ulong OffsetMask = 0x00fffffffffffe00;
    private const ulong CopiedBit = 1UL << 63;
    private const ulong CompressedBit = 1UL << 62;
    private const ulong ZeroBit = 1;
    private const ulong ReservedInL1 = ~(OffsetMask | CopiedBit);
    private const ulong ReservedInL2 = ~(OffsetMask | CopiedBit | CompressedBit | ZeroBit);
    private const int SectorBits = 9;

    public static ulong Offset(ulong entry) => entry & OffsetMask;

    public static bool IsCopied(ulong entry) => (entry & CopiedBit) != 0;

    public static bool IsCompressed(ulong entry) => (entry & CompressedBit) != 0;

    /// <summary>Whether a standard entry reads as zeros.</summary>
    public static bool IsZero(ulong entry) => (entry & ZeroBit) != 0;

    /// <summary>Where the data of a compressed entry lies: its first byte, and its length at most, in whole sectors of the file.</summary>
    public static (ulong Offset, int Length) Compressed(ulong entry, int clusterBits)
    {
        var split = 62 - (clusterBits - 8);
        var offset = entry & ((1UL << split) - 1);
        var sectors = (int)((entry >> split) & ((1UL << (clusterBits - 8)) - 1)) + 1;
        return (offset, (sectors << SectorBits) - (int)(offset & ((1 << SectorBits) - 1)));
    }

    /// <summary>Whether an entry that is not 0 can stand in an L1 table of the image.</summary>
    public static bool IsL1(ulong entry, Refcounts refcounts) => (entry & ReservedInL1) == 0 && refcounts.IsUsed(Offset(entry));

    /// <summary>
    /// Whether an entry that is not 0 can be the one of that index in an L2 table of the image; its first word if it has two.
    /// </summary>
    public static bool IsL2(ulong entry, long index, L2Format format, Refcounts refcounts)
    {
        var offset = Offset(entry);
        return IsCompressed(entry)
            ? !IsCopied(entry) && !format.External && Compressed(entry, refcounts.ClusterBits) is var (start, _)
                && refcounts.IsUsed(start & ~(ulong)(refcounts.ClusterSize - 1))
            : (entry & ReservedInL2) == 0 && !(format.Extended && IsZero(entry))
                && (offset == 0 && !IsCopied(entry)
                    || (format.External ? IsExternal(entry, index, format, refcounts) : refcounts.IsUsed(offset)));
    }

    /// <summary>Whether the second word of an extended entry can go with the first: no subcluster is both there and zero.</summary>
    public static bool IsBitmap(ulong bitmap, ulong entry)
    {
        var allocated = (uint)bitmap;
        return (allocated & (uint)(bitmap >> 32)) == 0 && (!IsCompressed(entry) || bitmap == 0) && (Offset(entry) != 0 || allocated == 0);
    }

    // A cluster in a data file has the offset that it has in the guest, so its number in the L2 table is known.
    private static bool IsExternal(ulong entry, long index, L2Format format, Refcounts refcounts)
    {
        var entries = refcounts.ClusterSize / format.EntrySize;
        return IsCopied(entry) && (Offset(entry) & (ulong)(refcounts.ClusterSize - 1)) == 0
            && (long)(Offset(entry) >> refcounts.ClusterBits) % entries == index;
    }
}
