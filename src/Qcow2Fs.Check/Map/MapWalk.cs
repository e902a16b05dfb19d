namespace Qcow2Fs.Check;

/// <summary>
/// Walks all metadata of an image and counts the references to each cluster, as qemu-img check does. Each table is read once, however many
/// entries lead to it, so that the time is bounded by the length of the file and not by what it says.
/// </summary>
internal sealed class MapWalk
{
    private const ulong Version3ExtraData = 16;

    private readonly Header _header;
    private readonly IImageBytes _image;
    private readonly TableReader _tables;

    public MapWalk(Header header, IImageBytes image, MapTotals totals)
    {
        (_header, _image) = (header, image);
        _tables = new(image);
        Format = new(header);
        Refcounts = new(header, image);
        Count = new(image.Length, Format.ClusterBits, totals);
        L2 = new(Format, Count, Refcounts, _tables);
    }

    public L2Format Format { get; }

    public RefcountTable Refcounts { get; }

    public ReferenceCount Count { get; }

    public L2Tables L2 { get; }

    /// <summary>Where whole tables lie, in clusters.</summary>
    public List<RangeSegment> Segments { get; private set; } = [];

    /// <summary>The bitmaps' tables, in bytes.</summary>
    public List<RangeSegment> BitmapTables { get; private set; } = [];

    public void Run(Action<long, long>? progress)
    {
        Count.ClaimRange(0, Count.ClusterSize, ClusterKind.Header, new Subject.HeaderCluster());
        WalkActiveL1();
        WalkSnapshots();
        L2.Walk(progress);
        if (_header.TryGetExtension(ExtensionMagic.CryptoHeader, out var crypto) && crypto.Length >= CryptoHeaderFields.All.Size)
        {
            Count.ClaimRange(CryptoHeaderFields.Offset.Read(crypto), CryptoHeaderFields.Length.Read(crypto), ClusterKind.LuksHeader,
                new Subject.ExtensionField(KnownExtensions.Find(ExtensionMagic.CryptoHeader)!, CryptoHeaderFields.Offset));
        }

        WalkBitmaps();
        WalkRefcountTable();
        Segments = Count.CutRanges();
    }

    /// <summary>Visits a part of a bitmap's table.</summary>
    public void VisitBitmapTable(RangeSegment part, TableReader.Visitor visit) =>
        _tables.Visit((ulong)part.Start, (part.End - part.Start) / 8, 1, visit);

    private void WalkActiveL1()
    {
        var count = _header[HeaderFields.L1Size];
        var offset = _header[HeaderFields.L1TableOffset];
        if (count > Limits.L1Entries)
        {
            Count.Report(Subject.Of(HeaderFields.L1Size), $"the table has {count} entries, above QEMU's limit of {Limits.L1Entries}");
            count = Limits.L1Entries;
        }

        Count.RequireAligned(offset, Subject.Of(HeaderFields.L1TableOffset));
        Count.ClaimRange(offset, 8 * count, ClusterKind.L1Table, Subject.Of(HeaderFields.L1TableOffset));
        _tables.Visit(offset, (long)count, 1, (index, entry, _) =>
        {
            ref var use = ref L2.Use(entry, new EntryPlace(null, index), 1, ClusterKind.L2Table);
            use.L1Index = use.Active++ == 0 ? (int)index : use.L1Index;
            if ((entry & L2Format.OffsetMask) != 0)
            {
                L2.CheckFlag(entry, 1, new EntryPlace(null, index));
            }
        });
    }

    private void WalkSnapshots()
    {
        var count = _header[HeaderFields.NbSnapshots];
        if (count == 0)
        {
            return;
        }

        var offset = _header[HeaderFields.SnapshotOffset];
        Count.RequireAligned(offset, Subject.Of(HeaderFields.SnapshotOffset));
        if (Format.HasDataFile)
        {
            Count.Report(Subject.Of(HeaderFields.NbSnapshots), "an image with a data file cannot have snapshots");
        }

        var table = SnapshotTable.Of(_header, _image);
        var l1Tables = new List<ClusterRange>();
        var end = 0L;
        var found = 0UL;
        foreach (var entry in table.Entries.TakeWhile(entry => entry.ExtraDataSize <= Limits.ExtraData))
        {
            found++;
            end = entry.Offset - (long)offset + entry.Size;
            JudgeSnapshot(entry.Index, entry[SnapshotFields.L1TableOffset], entry[SnapshotFields.L1Size], entry.ExtraDataSize, l1Tables);
        }

        // Past the end of the file QEMU reads entries of zeros.
        for (; found < Math.Min(count, Limits.Snapshots) && offset + (ulong)end >= (ulong)_image.Length; found++)
        {
            end = Align.To8(end) + SnapshotFields.FixedSize;
            JudgeSnapshot((int)found, 0, 0, 0, l1Tables);
        }

        if (found < count)
        {
            Count.Report(new Subject.Snapshot((int)found), "the snapshot table goes past QEMU's limits here and cannot be followed");
        }

        Count.ClaimRange(offset, (ulong)end, ClusterKind.SnapshotTable, Subject.Of(HeaderFields.SnapshotOffset));
        var starts = l1Tables.ToDictionary(range => range.Index, range => range.Start);
        foreach (var part in RangeSweep.Cut(l1Tables))
        {
            WalkSnapshotL1(part, starts[part.Index]);
        }
    }

    private void JudgeSnapshot(int index, ulong l1Offset, ulong l1Size, ulong extraDataSize, List<ClusterRange> l1Tables)
    {
        if (_header.Version >= 3 && extraDataSize < Version3ExtraData)
        {
            Count.Report(new Subject.Snapshot(index),
                $"the entry has {extraDataSize} bytes of extra data, version 3 wants {Version3ExtraData}");
        }

        if (l1Offset % Count.ClusterSize != 0)
        {
            Count.Report(new Subject.Snapshot(index), $"its L1 table at 0x{l1Offset:x} does not start a cluster, and is not followed");
        }
        else if (l1Size > Limits.L1Entries)
        {
            Count.Report(new Subject.Snapshot(index), $"its L1 table has {l1Size} entries, above QEMU's limit, and is not followed");
        }
        else if (Count.ClaimRange(l1Offset, 8 * l1Size, ClusterKind.SnapshotL1Table, new Subject.Snapshot(index), index))
        {
            l1Tables.Add(new((long)l1Offset, (long)(l1Offset + (8 * l1Size)), ClusterKind.SnapshotL1Table, index));
        }
        else if (l1Offset < (ulong)_image.Length)
        {
            l1Tables.Add(new((long)l1Offset, _image.Length, ClusterKind.SnapshotL1Table, index));
        }
    }

    private void WalkSnapshotL1(RangeSegment part, long tableStart)
    {
        var first = (part.Start - tableStart) / 8;
        _tables.Visit((ulong)part.Start, (part.End - part.Start + 7) / 8, 1, (index, entry, _) =>
        {
            ref var use = ref L2.Use(entry, new EntryPlace(part.Index, first + index), part.Count, ClusterKind.SnapshotL2Table);
            if (use.Snapshots == 0)
            {
                (use.Snapshot, use.SnapshotL1Index) = (part.Index, (int)(first + index));
            }

            use.Snapshots += part.Count;
        });
    }

    private void WalkBitmaps()
    {
        // Without the bit a program that does not know bitmaps has written to the image: what it did not see may be anything.
        if ((_header[HeaderFields.AutoclearFeatures] & 1) == 0 || BitmapDirectory.Of(_header, _image) is not { } directory)
        {
            return;
        }

        var subject = new Subject.HeaderExtension(ExtensionMagic.Bitmaps);
        Count.RequireAligned(directory[BitmapExtensionFields.DirectoryOffset], subject);
        Count.ClaimRange(directory[BitmapExtensionFields.DirectoryOffset], directory[BitmapExtensionFields.DirectorySize],
            ClusterKind.BitmapDirectory, subject);
        var tables = new List<ClusterRange>();
        var entries = new List<long>();
        foreach (var entry in directory.Entries)
        {
            entries.Add(entry.Offset);
            var (offset, size) = (entry[BitmapFields.TableOffset], 8 * entry[BitmapFields.TableSize]);
            if (offset == 0 || offset % Count.ClusterSize != 0 || size / 8 > Limits.BitmapTableEntries)
            {
                Count.Report(Subject.Of(entry), $"its table of {size / 8} entries at 0x{offset:x} is none, and is not followed");
            }
            else if (Count.ClaimRange(offset, size, ClusterKind.BitmapTable, Subject.Of(entry), entry.Index))
            {
                tables.Add(new((long)offset, (long)(offset + size), ClusterKind.BitmapTable, entry.Index));
            }
        }

        if (directory.FindProblem() is { } problem)
        {
            Count.Report(subject, problem);
        }

        BitmapTables = RangeSweep.Cut(tables);
        foreach (var part in BitmapTables)
        {
            VisitBitmapTable(part, (index, value, _) => JudgeBitmapEntry(new(value), part,
                () => Subject.Of(directory.At(part.Index, entries[part.Index]))));
        }
    }

    private void JudgeBitmapEntry(BitmapTableEntry entry, RangeSegment part, Func<Subject> subject)
    {
        if (entry.Reserved != 0 || (entry.Offset != 0 && entry.IsAllOnes) || entry.Offset % Count.ClusterSize != 0)
        {
            Count.Report(subject(), $"the entry 0x{entry.Value:x} of its table has reserved bits or points at no cluster", part.Count);
        }
        else if (entry.Offset != 0 && !Count.TryClaim(entry.Offset, Count.ClusterSize, ClusterKind.BitmapData, part.Count))
        {
            Count.Report(subject(), $"the entry 0x{entry.Value:x} of its table {ReferenceCount.PastTheEnd}", part.Count);
        }
    }

    private void WalkRefcountTable()
    {
        if (!Refcounts.IsWidthKnown)
        {
            Count.Report(Subject.Of(HeaderFields.RefcountOrder), "it is above 6, so that no refcount can be read");
        }

        var offset = _header[HeaderFields.RefcountTableOffset];
        var size = _header[HeaderFields.RefcountTableClusters] * Count.ClusterSize;
        Count.RequireAligned(offset, Subject.Of(HeaderFields.RefcountTableOffset));
        if (size > Limits.RefcountTable)
        {
            Count.Report(Subject.Of(HeaderFields.RefcountTableClusters),
                $"the table is larger than QEMU's limit of {Limits.RefcountTable} bytes");
        }

        Count.ClaimRange(offset, size, ClusterKind.RefcountTable, Subject.Of(HeaderFields.RefcountTableOffset));
        var entries = Refcounts.Entries;
        for (var i = 0; i < entries.Length; i++)
        {
            var block = entries[i] & ~RefcountTable.ReservedMask;
            var problem = (entries[i] & RefcountTable.ReservedMask) != 0 ? $"0x{entries[i]:x} has reserved bits"
                : block % Count.ClusterSize != 0 ? $"the refcount block at 0x{block:x} does not start a cluster"
                : block >= (ulong)Count.ClusterCount * Count.ClusterSize ? $"the refcount block at 0x{block:x} {ReferenceCount.PastTheEnd}"
                : null;
            if (problem is not null)
            {
                Count.Report(new Subject.RefcountTableEntry(i), problem);
            }
            else if (block != 0)
            {
                Count.ClaimRange(block, Count.ClusterSize, ClusterKind.RefcountBlock, new Subject.RefcountTableEntry(i), i);
            }
        }
    }
}
