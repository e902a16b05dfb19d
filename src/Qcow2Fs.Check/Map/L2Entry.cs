namespace Qcow2Fs.Check;

/// <summary>How QEMU takes an L2 entry.</summary>
internal enum L2EntryType
{
    /// <summary>Nothing: the backing file's data, or zeros.</summary>
    Unallocated,

    /// <summary>Zeros without a cluster.</summary>
    ZeroPlain,

    /// <summary>A cluster, perhaps one that reads as zeros.</summary>
    Cluster,

    /// <summary>Compressed data.</summary>
    Compressed,
}

/// <summary>What is constant in the L2 tables of an image (specification, "Cluster mapping").</summary>
internal sealed class L2Format
{
    private const ulong CompressedFlag = 1UL << 62;
    private const ulong ZeroFlag = 1;
    private const int CompressedSector = 512;

    private readonly int _sizeShift;

    public L2Format(Header header)
    {
        var incompatible = header[HeaderFields.IncompatibleFeatures];
        HasDataFile = (incompatible & 4) != 0;
        HasSubclusters = (incompatible & 16) != 0;
        ClusterBits = int.Log2(header.ClusterSize);
        _sizeShift = 62 - (ClusterBits - 8);
    }

    /// <summary>Bits 9 to 55 of an entry of an L1 or L2 table: a host offset.</summary>
    public const ulong OffsetMask = 0x00fffffffffffe00;

    /// <summary>Bit 63: the refcount of what the entry points at is 1.</summary>
    public const ulong CopiedFlag = 1UL << 63;

    /// <summary>The bits of an L1 entry that must be 0.</summary>
    public const ulong L1ReservedMask = 0x7f000000000001ff;

    /// <summary>The bits of an L2 entry that must be 0, if it is not compressed.</summary>
    public const ulong ReservedMask = 0x3f000000000001fe;

    /// <summary>The bits of a subcluster bitmap that say that a subcluster is allocated.</summary>
    public const ulong AllocatedSubclusters = 0xffffffff;

    /// <summary>Binary logarithm of the cluster size.</summary>
    public int ClusterBits { get; }

    /// <summary>Data lies in another file.</summary>
    public bool HasDataFile { get; }

    /// <summary>Entries have 16 bytes.</summary>
    public bool HasSubclusters { get; }

    /// <summary>Words of 8 bytes in an entry.</summary>
    public int Words => HasSubclusters ? 2 : 1;

    /// <summary>Entries of an L2 table.</summary>
    public long EntriesPerTable => (1L << ClusterBits) / (8 * Words);

    /// <summary>How QEMU takes the entry (qcow2_get_cluster_type).</summary>
    public L2EntryType TypeOf(ulong entry) =>
        (entry & CompressedFlag) != 0 ? L2EntryType.Compressed
        : (entry & OffsetMask) != 0 ? L2EntryType.Cluster
        : (entry & ZeroFlag) != 0 && !HasSubclusters ? L2EntryType.ZeroPlain
        // Offset 0 is the first cluster of a data file.
        : HasDataFile && (entry & CopiedFlag) != 0 ? L2EntryType.Cluster
        : L2EntryType.Unallocated;

    /// <summary>Where compressed data lies, and how many bytes it may have: to the end of its last sector of 512 bytes.</summary>
    public (ulong Offset, ulong Size) CompressedRange(ulong entry)
    {
        var offset = entry & ((1UL << _sizeShift) - 1);
        var sectors = (entry >> _sizeShift & ((1UL << (ClusterBits - 8)) - 1)) + 1;
        return (offset, (sectors * CompressedSector) - (offset % CompressedSector));
    }
}
