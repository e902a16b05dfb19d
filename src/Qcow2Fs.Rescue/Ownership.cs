namespace Qcow2Fs.Rescue;

/// <summary>What the active L1 table maps. Guest clusters are counted from the first entry of the table.</summary>
internal sealed class Mapped
{
    /// <summary>L2 tables that an entry names.</summary>
    public long L2Tables { get; set; }

    /// <summary>Clusters of data that are not compressed.</summary>
    public long Data { get; set; }

    /// <summary>Compressed clusters.</summary>
    public long Compressed { get; set; }

    /// <summary>How many of the first compressed clusters start like a zstd frame.</summary>
    public long Zstd { get; set; }

    /// <summary>Clusters that read as zeros, with data or without.</summary>
    public long Zeros { get; set; }

    /// <summary>The number of the last guest cluster that is not unallocated; -1 if all are.</summary>
    public long Last { get; set; } = -1;

    /// <summary>
    /// With an external data file: how many entries the table has before the one that counts as the first, by the offsets of the data.
    /// </summary>
    public long? MissingEntries { get; set; }
}

/// <summary>
/// Which clusters a layout uses: walks all its tables once. A cluster that has a refcount and no owner shows that something is missing in
/// the layout, an owned cluster without a refcount that something in it is wrong.
/// </summary>
internal sealed class Ownership
{
    /// <summary>Compressed clusters that are looked at.</summary>
    public const int ZstdSamples = 64;

    private const uint ZstdMagic = 0x28b52ffd;

    private readonly CachedBytes _bytes;
    private readonly Layout _layout;
    private readonly Refcounts _refcounts;
    private readonly ClusterSet _owned = new();

    private Ownership(CachedBytes bytes, Layout layout) => (_bytes, _layout, _refcounts) = (bytes, layout, layout.Refcounts);

    /// <summary>Clusters with a refcount that have an owner.</summary>
    public long Counted { get; private set; }

    /// <summary>Clusters without a refcount that have an owner.</summary>
    public long Uncounted { get; private set; }

    /// <summary>
    /// Clusters with two owners and a refcount of 1, entries that cannot be, copied flags that the refcount contradicts.
    /// </summary>
    public long Wrong { get; private set; }

    /// <summary>What the active L1 table maps.</summary>
    public Mapped Mapped { get; } = new();

    /// <summary>Walks the tables of a layout.</summary>
    public static Ownership Of(CachedBytes bytes, Layout layout)
    {
        var walk = new Ownership(bytes, layout);
        var size = layout.Refcounts.ClusterSize;
        walk.Own(0, size);
        walk.Own(layout.Refcounts.TableOffset, layout.RefcountTableClusters * size);
        foreach (var block in layout.Refcounts.Blocks)
        {
            walk.Own(block, size);
        }

        walk.Own(layout.LuksOffset, layout.LuksLength);
        // The active table first: its L2 tables are counted, and a walk through one that a snapshot shares ends there.
        walk.WalkL1(layout.L1Offset, layout.L1Room, isActive: true);
        foreach (var snapshot in layout.Snapshots.Items)
        {
            walk.WalkL1(snapshot.L1Offset, snapshot.L1Entries, isActive: false);
        }

        walk.Own(layout.Snapshots.Offset, layout.Snapshots.Ends is [.., var end] ? end : 0);
        walk.Own(layout.Bitmaps.Offset, layout.Bitmaps.Length);
        foreach (var bitmap in layout.Bitmaps.Items)
        {
            walk.WalkBitmap(bitmap);
        }

        return walk;
    }

    /// <summary>The clusters that have a refcount and no owner, in order.</summary>
    public IEnumerable<long> Unowned() =>
        _refcounts.Used().Select(used => used.Cluster).Where(cluster => !_owned.Contains(cluster));

    private void Own(long offset, long length)
    {
        if (length <= 0)
        {
            return;
        }

        var last = (offset + length - 1) >> _refcounts.ClusterBits;
        for (var cluster = offset >> _refcounts.ClusterBits; cluster <= last; cluster++)
        {
            var count = _refcounts[cluster];
            if (!_owned.Add(cluster))
            {
                // A cluster that is counted once has one owner.
                Wrong += count == 1 ? 1 : 0;
            }
            else if (count > 0)
            {
                Counted++;
            }
            else
            {
                Uncounted++;
            }
        }
    }

    private void WalkL1(long offset, long entries, bool isActive)
    {
        Own(offset, entries * 8);
        // Nothing lies past the end of the file.
        entries = Math.Min(entries, Math.Max(0, _bytes.Length - offset + 7) / 8);
        for (var i = 0L; i < entries; i++)
        {
            var entry = _bytes.Word(offset + (8 * i));
            if (entry == 0)
            {
                continue;
            }

            if (!MappingEntry.IsL1(entry, _refcounts))
            {
                Wrong++;
                continue;
            }

            var table = (long)MappingEntry.Offset(entry);
            CheckCopied(entry, table, isActive);
            if (_owned.Contains(table >> _refcounts.ClusterBits))
            {
                // A snapshot's, or the table of something else.
                Wrong += _refcounts[table >> _refcounts.ClusterBits] == 1 ? 1 : 0;
                continue;
            }

            Own(table, _refcounts.ClusterSize);
            if (table < _bytes.Length)
            {
                Mapped.L2Tables += isActive ? 1 : 0;
                WalkL2(table, i, isActive);
            }
        }
    }

    private void WalkL2(long table, long l1Index, bool isActive)
    {
        var entries = _refcounts.ClusterSize / _layout.Format.EntrySize;
        for (var i = 0; i < entries; i++)
        {
            var at = table + (i * _layout.Format.EntrySize);
            var entry = _bytes.Word(at);
            var bitmap = _layout.Format.Extended ? _bytes.Word(at + 8) : 0;
            if (entry == 0 && bitmap == 0)
            {
                continue;
            }

            if (!MappingEntry.IsL2(entry, i, _layout.Format, _refcounts)
                || (_layout.Format.Extended && !MappingEntry.IsBitmap(bitmap, entry)))
            {
                Wrong++;
                continue;
            }

            OwnData(entry, isActive);
            if (isActive)
            {
                Count(entry, bitmap, (l1Index * entries) + i, entries);
            }
        }
    }

    private void OwnData(ulong entry, bool isActive)
    {
        if (MappingEntry.IsCompressed(entry))
        {
            var (offset, length) = MappingEntry.Compressed(entry, _refcounts.ClusterBits);
            Own((long)offset, length);
        }
        else if (!_layout.Format.External && MappingEntry.Offset(entry) is not 0 and var offset)
        {
            Own((long)offset, _refcounts.ClusterSize);
            CheckCopied(entry, (long)offset, isActive);
        }
    }

    private void Count(ulong entry, ulong bitmap, long guestCluster, int entries)
    {
        Mapped.Last = Math.Max(Mapped.Last, guestCluster);
        if (MappingEntry.IsCompressed(entry))
        {
            if (Mapped.Compressed++ < ZstdSamples)
            {
                Span<byte> start = stackalloc byte[4];
                _bytes.Fill((long)MappingEntry.Compressed(entry, _refcounts.ClusterBits).Offset, start);
                Mapped.Zstd += BinaryPrimitives.ReadUInt32BigEndian(start) == ZstdMagic ? 1 : 0;
            }

            return;
        }

        Mapped.Zeros += MappingEntry.IsZero(entry) || bitmap >> 32 != 0 ? 1 : 0;
        if (MappingEntry.Offset(entry) is not 0 and var offset)
        {
            Mapped.Data++;
            if (_layout.Format.External)
            {
                Mapped.MissingEntries ??= ((long)(offset >> _refcounts.ClusterBits) - guestCluster) / entries;
            }
        }
    }

    // Without a refcount a cluster is uncounted, which says it all.
    private void CheckCopied(ulong entry, long offset, bool isActive) =>
        Wrong += isActive && _refcounts[offset >> _refcounts.ClusterBits] is > 0 and var count
            && MappingEntry.IsCopied(entry) != (count == 1) ? 1 : 0;

    private void WalkBitmap(FoundBitmap bitmap)
    {
        Own(bitmap.TableOffset, bitmap.TableEntries * 8L);
        var entries = Math.Min(bitmap.TableEntries, Math.Max(0, _bytes.Length - bitmap.TableOffset + 7) / 8);
        for (var i = 0L; i < entries; i++)
        {
            var offset = new BitmapTableEntry(_bytes.Word(bitmap.TableOffset + (8 * i))).Offset;
            if (_refcounts.IsUsed(offset))
            {
                Own((long)offset, _refcounts.ClusterSize);
            }
            else if (offset != 0)
            {
                Wrong++;
            }
        }
    }
}
