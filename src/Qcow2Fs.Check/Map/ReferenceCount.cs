namespace Qcow2Fs.Check;

/// <summary>An entry of an L1 or L2 table: of a snapshot, or of the active ones; of an L2 table, or of the L1 table itself.</summary>
internal readonly record struct EntryPlace(int? Snapshot, long L1Index, long? L2Index = null)
{
    public Subject ToSubject() =>
        L2Index is { } index ? new Subject.L2Entry(Snapshot, L1Index, index) : new Subject.L1Entry(Snapshot, L1Index);
}

/// <summary>
/// Counts references to clusters, by the rules of qemu-img check. Whole tables are ranges, so that a table as long as the file costs
/// nothing; what single entries point at has cells.
/// </summary>
internal sealed class ReferenceCount
{
    /// <summary>What is wrong with an offset that leads nowhere.</summary>
    public const string PastTheEnd = "lies past the end of the file";

    private readonly MapTotals _totals;
    private readonly ulong _fileEnd;
    private readonly int _clusterBits;
    private readonly List<ClusterRange> _ranges = [];

    public ReferenceCount(long fileLength, int clusterBits, MapTotals totals)
    {
        (_totals, _clusterBits) = (totals, clusterBits);
        // QEMU sees files in sectors.
        _fileEnd = ((ulong)fileLength + 511) & ~511UL;
        ClusterCount = (long)((_fileEnd + ClusterSize - 1) >> clusterBits);
        Cells = new(ClusterCount);
    }

    /// <summary>Bytes of a cluster.</summary>
    public ulong ClusterSize => 1UL << _clusterBits;

    /// <summary>Clusters of the file, and one more if something reaches into it.</summary>
    public long ClusterCount { get; private set; }

    /// <summary>What single entries point at.</summary>
    public ClusterCells Cells { get; }

    /// <summary>Where whole tables lie, in clusters.</summary>
    public List<RangeSegment> CutRanges() => RangeSweep.Cut(_ranges);

    /// <summary>Reports a table that does not start a cluster.</summary>
    public void RequireAligned(ulong offset, Subject subject)
    {
        if (offset % ClusterSize != 0)
        {
            _totals.Add(subject, $"the table at 0x{offset:x} does not start a cluster");
        }
    }

    /// <summary>Counts references of an entry, or reports that it leads past the end.</summary>
    public void Claim(ulong offset, ulong size, ClusterKind kind, EntryPlace place, ulong times)
    {
        if (!TryClaim(offset, size, kind, times))
        {
            ReportPastTheEnd(offset, kind, place, times);
        }
    }

    /// <summary>Reports an entry that leads past the end.</summary>
    public void ReportPastTheEnd(ulong offset, ClusterKind kind, EntryPlace place, ulong times) =>
        Report(place, $"the {kind.ToText()} at 0x{offset:x} {PastTheEnd}", times);

    /// <summary>Counts references; false if they lead past the end.</summary>
    public bool TryClaim(ulong offset, ulong size, ClusterKind kind, ulong times)
    {
        if (Clusters(offset, size) is not var (first, end))
        {
            return false;
        }

        for (; first < end; first++)
        {
            Cells.Add(first, times, kind);
        }

        return true;
    }

    /// <summary>Counts a reference to a whole table; false, and reported, if it goes past the end.</summary>
    public bool ClaimRange(ulong offset, ulong size, ClusterKind kind, Subject subject, int index = 0)
    {
        if (size is 0 or > long.MaxValue)
        {
            return true;
        }

        if (Clusters(offset, size) is not var (first, end))
        {
            _totals.Add(subject, $"the {kind.ToText()} at 0x{offset:x} {PastTheEnd}");
            return false;
        }

        _ranges.Add(new(first, end, kind, index));
        return true;
    }

    /// <summary>
    /// The clusters of a part of the file; null if it goes past the end. A cluster may be begun where the file ends, but not more than that
    /// (qcow2_inc_refcounts_imrt).
    /// </summary>
    public (long First, long End)? Clusters(ulong offset, ulong size)
    {
        if (offset > long.MaxValue || offset + size >= _fileEnd + ClusterSize)
        {
            return null;
        }

        var end = (long)((offset + size - 1) >> _clusterBits) + 1;
        ClusterCount = Math.Max(ClusterCount, end);
        return ((long)(offset >> _clusterBits), end);
    }

    /// <summary>Reports what is wrong with an entry.</summary>
    public void Report(EntryPlace place, string sentence, ulong times) => _totals.Add(place.ToSubject(), sentence, times);

    /// <summary>Reports what is wrong with something else.</summary>
    public void Report(Subject subject, string sentence, ulong times = 1) => _totals.Add(subject, sentence, times);
}
