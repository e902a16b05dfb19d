namespace Qcow2Fs.Codec.Tables;

/// <summary>
/// Where the tables are that a header and its tables lead to, as far as QEMU would read them. Offsets are followed as they stand, whatever
/// lies there.
/// </summary>
public static class ImageTables
{
    /// <summary>The bits of an L1 or L2 entry that are the offset of a cluster (specification, "L1 table entry").</summary>
    public const ulong OffsetMask = 0x00fffffffffffe00;

    /// <summary>The bits of a refcount table's entry that are the offset of a refcount block.</summary>
    public const ulong RefcountBlockMask = ~0x1ffUL;

    /// <summary>The largest refcount_order.</summary>
    public const ulong MaxRefcountOrder = 6;

    private const int ExternalDataBit = 2;
    private const int ExtendedL2Bit = 4;
    private const int EntryBits = 64;
    private const int EntryBytes = EntryBits / 8;

    /// <summary>Whether the guest's data lie in a file of their own.</summary>
    public static bool HasExternalData(this Header header) => (header[HeaderFields.IncompatibleFeatures] >> ExternalDataBit & 1) != 0;

    /// <summary>Whether an L2 entry has a second word, the bitmap of its subclusters.</summary>
    public static bool HasExtendedL2(this Header header) => (header[HeaderFields.IncompatibleFeatures] >> ExtendedL2Bit & 1) != 0;

    /// <summary>The active L1 table.</summary>
    public static EntryTable L1(Header header) => L1(header[HeaderFields.L1TableOffset], header[HeaderFields.L1Size]);

    /// <summary>The L1 table of a snapshot.</summary>
    public static EntryTable L1(SnapshotEntry snapshot) => L1(snapshot[SnapshotFields.L1TableOffset], snapshot[SnapshotFields.L1Size]);

    /// <summary>
    /// The L2 table that an entry of an L1 table leads to, in words of 8 bytes: with extended L2 entries, two an entry. Null if it leads
    /// nowhere, or past the end of the file.
    /// </summary>
    public static EntryTable? L2(Header header, IImageBytes image, EntryTable l1, long index)
    {
        var offset = l1[index].Read(image) & OffsetMask;
        return offset != 0 && offset < (ulong)image.Length ? new(offset, header.ClusterSize / EntryBytes, EntryBits) : null;
    }

    /// <summary>The refcount table.</summary>
    public static EntryTable RefcountTable(Header header)
    {
        var bytes = header[HeaderFields.RefcountTableClusters] * (ulong)header.ClusterSize;
        return new(header[HeaderFields.RefcountTableOffset], (long)Math.Min(bytes, Limits.RefcountTable) / EntryBytes, EntryBits);
    }

    /// <summary>The table of a bitmap.</summary>
    public static EntryTable BitmapTable(Header header, BitmapEntry bitmap)
    {
        var count = Math.Min(Limits.BitmapTableEntries, Limits.BitmapData / (ulong)header.ClusterSize);
        return new(bitmap[BitmapFields.TableOffset], (long)Math.Min(bitmap[BitmapFields.TableSize], count), EntryBits);
    }

    private static EntryTable L1(ulong offset, ulong size) => new(offset, (long)Math.Min(size, (ulong)Limits.L1Entries), EntryBits);
}

/// <summary>The refcounts of the image's clusters, in the blocks that the refcount table leads to.</summary>
public sealed class Refcounts : IEntries
{
    private readonly EntryTable _table;
    private readonly int _bits;

    /// <summary>Those of the image with that header; none if its refcount_order is not 0 to 6.</summary>
    public Refcounts(Header header)
    {
        _table = ImageTables.RefcountTable(header);
        if (header[HeaderFields.RefcountOrder] is <= ImageTables.MaxRefcountOrder and var order)
        {
            _bits = 1 << (int)order;
            PerBlock = header.ClusterSize * 8L / _bits;
        }
    }

    /// <summary>Refcounts in a block.</summary>
    public long PerBlock { get; }

    /// <inheritdoc/>
    public long Count => _table.Count * PerBlock;

    /// <inheritdoc/>
    public EntryPosition? Find(IImageBytes image, long index)
    {
        var (block, at) = Math.DivRem(index, PerBlock);
        return BlockOf(image, block)?[at];
    }

    /// <inheritdoc/>
    public (long Index, bool IsUsed)? Next(IImageBytes image, long from)
    {
        if (from >= Count || _table.Next(image, from / PerBlock) is not { Index: var block })
        {
            return null;
        }

        var first = block * PerBlock;
        return BlockOf(image, block)?.Next(image, Math.Max(0, from - first)) is { } found
            ? (first + found.Index, true) : (first + PerBlock, false);
    }

    private EntryTable? BlockOf(IImageBytes image, long index) =>
        (_table[index].Read(image) & ImageTables.RefcountBlockMask) is not 0 and var offset ? new(offset, PerBlock, _bits) : null;
}
