namespace Qcow2Fs.Check;

/// <summary>Who points at an L2 table.</summary>
internal record struct L2Use
{
    /// <summary>
    /// The offset is 0: only bit 63 of the entries is set, and QEMU reads the first cluster as an L2 table, but checks no flags in it.
    /// </summary>
    public bool IsHeader;

    /// <summary>Entries of the active L1 table.</summary>
    public ulong Active;

    /// <summary>Entries of snapshots' L1 tables.</summary>
    public ulong Snapshots;

    /// <summary>The index of the first active entry, if there is one.</summary>
    public int L1Index;

    /// <summary>The first snapshot, if there is one.</summary>
    public int Snapshot;

    /// <summary>The index of the first entry of that snapshot's table.</summary>
    public int SnapshotL1Index;
}

/// <summary>The L2 tables of an image. Each is read once, however many entries lead to it.</summary>
internal sealed class L2Tables(L2Format format, ReferenceCount count, RefcountTable refcounts, TableReader reader)
{
    private readonly Dictionary<ulong, L2Use> _uses = [];

    /// <summary>Where they lie, in order.</summary>
    public ulong[] Offsets { get; private set; } = [];

    /// <summary>Who points at them.</summary>
    public L2Use[] Uses { get; private set; } = [];

    /// <summary>Visits the entries of a table that are not 0.</summary>
    public void Visit(ulong offset, TableReader.Visitor visit) => reader.Visit(offset, format.EntriesPerTable, format.Words, visit);

    /// <summary>Counts an L1 entry, and returns who points at its table.</summary>
    public ref L2Use Use(ulong entry, EntryPlace place, ulong times, ClusterKind kind)
    {
        var offset = entry & L2Format.OffsetMask;
        if ((entry & L2Format.L1ReservedMask) != 0)
        {
            count.Report(place, $"0x{entry:x} has reserved bits", times);
        }

        count.Claim(offset, count.ClusterSize, kind, place, times);
        if (offset % count.ClusterSize != 0)
        {
            count.Report(place, $"the L2 table at 0x{offset:x} does not start a cluster", times);
        }

        ref var use = ref CollectionsMarshal.GetValueRefOrAddDefault(_uses, offset, out _);
        use.IsHeader = offset == 0;
        return ref use;
    }

    /// <summary>Counts what the tables refer to.</summary>
    public void Walk(Action<long, long>? progress)
    {
        Offsets = [.. _uses.Keys.Order()];
        Uses = Array.ConvertAll(Offsets, offset => _uses[offset]);
        _uses.Clear();
        for (var i = 0; i < Offsets.Length; i++)
        {
            progress?.Invoke(i, Offsets.Length);
            var use = Uses[i];
            Visit(Offsets[i], (index, entry, bitmap) => JudgeL2Entry(use, index, entry, bitmap));
        }
    }

    private void JudgeL2Entry(in L2Use use, long index, ulong entry, ulong bitmap)
    {
        var times = use.Active + use.Snapshots;
        var type = format.TypeOf(entry);
        if (type != L2EntryType.Compressed && (entry & L2Format.ReservedMask) != 0)
        {
            count.Report(PlaceOf(use, index), $"0x{entry:x} has reserved bits", times);
        }

        switch (type)
        {
            case L2EntryType.Compressed:
                JudgeCompressed(use, index, entry, bitmap, times);
                break;
            case L2EntryType.Cluster:
                JudgeCluster(use, index, entry, bitmap, times);
                break;
            case L2EntryType.Unallocated when (bitmap & L2Format.AllocatedSubclusters) != 0:
                count.Report(PlaceOf(use, index), "subclusters are allocated, but there is no cluster", times);
                break;
        }
    }

    private void JudgeCompressed(in L2Use use, long index, ulong entry, ulong bitmap, ulong times)
    {
        if ((entry & L2Format.CopiedFlag) != 0)
        {
            count.Report(PlaceOf(use, index), "the copied flag of a compressed cluster is set", times);
        }

        if (format.HasDataFile)
        {
            count.Report(PlaceOf(use, index), "an image with a data file cannot have compressed clusters", times);
        }
        else if (bitmap != 0)
        {
            count.Report(PlaceOf(use, index), "a compressed cluster cannot have a subcluster bitmap", times);
        }
        else
        {
            var (offset, size) = format.CompressedRange(entry);
            count.Claim(offset, size, use.Active > 0 ? ClusterKind.CompressedData : ClusterKind.SnapshotData, PlaceOf(use, index), times);
        }
    }

    // Nearly all entries of a full image come here: texts and places are made for those that are wrong.
    private void JudgeCluster(in L2Use use, long index, ulong entry, ulong bitmap, ulong times)
    {
        var offset = entry & L2Format.OffsetMask;
        if ((bitmap >> 32 & bitmap) != 0)
        {
            count.Report(PlaceOf(use, index), "a subcluster is allocated and reads as zeros at once", times);
        }

        if (offset % count.ClusterSize != 0)
        {
            ReportUnaligned(offset, PlaceOf(use, index), times);
        }

        var kind = use.Active > 0 ? ClusterKind.Data : ClusterKind.SnapshotData;
        if (!format.HasDataFile && !count.TryClaim(offset, count.ClusterSize, kind, times))
        {
            count.ReportPastTheEnd(offset, kind, PlaceOf(use, index), times);
        }

        if (use.Active > 0 && !use.IsHeader && (format.HasDataFile || !TryNoteFlag(entry, use.Active)))
        {
            CheckFlagOutside(entry, use.Active, PlaceOf(use, index));
        }
    }

    private void ReportUnaligned(ulong offset, EntryPlace place, ulong times) =>
        count.Report(place, $"the data at 0x{offset:x} does not start a cluster", times);

    /// <summary>Notes the copied flag of an active entry. Inside the file it is compared when the refcounts are read in order.</summary>
    public void CheckFlag(ulong entry, ulong times, EntryPlace place)
    {
        if (!TryNoteFlag(entry, times))
        {
            CheckFlagOutside(entry, times, place);
        }
    }

    private bool TryNoteFlag(ulong entry, ulong times)
    {
        var cluster = ClusterOf(entry);
        if (cluster >= count.ClusterCount)
        {
            return false;
        }

        count.Cells.AddFlags(cluster, times, (entry & L2Format.CopiedFlag) != 0);
        return true;
    }

    // What lies in a data file has the refcount 1.
    private void CheckFlagOutside(ulong entry, ulong times, EntryPlace place)
    {
        var isCopied = (entry & L2Format.CopiedFlag) != 0;
        var refcount = place.L2Index is not null && format.HasDataFile ? 1 : refcounts[ClusterOf(entry)];
        if (refcount == 1 != isCopied)
        {
            count.Report(place, $"the copied flag is {(isCopied ? "" : "not ")}set, but the refcount is {refcount}", times);
        }
    }

    private long ClusterOf(ulong entry) => (long)((entry & L2Format.OffsetMask) >> format.ClusterBits);

    private static EntryPlace PlaceOf(in L2Use use, long index) =>
        use.Active > 0 ? new(null, use.L1Index, index) : new(use.Snapshot, use.SnapshotL1Index, index);
}
