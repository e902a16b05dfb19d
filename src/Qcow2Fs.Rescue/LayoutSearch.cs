namespace Qcow2Fs.Rescue;

/// <summary>A layout, with what its tables own.</summary>
/// <param name="Layout">The layout.</param>
/// <param name="Mapped">What the active L1 table maps.</param>
/// <param name="Explained">How much of the file it explains.</param>
/// <param name="Taken">Clusters of zeros that were given to a table because they have no other owner.</param>
internal sealed record FoundLayout(Layout Layout, Mapped Mapped, Explained Explained, long Taken);

/// <summary>
/// Finds the layouts that fit refcounts: which clusters are the active L1 table, and which hold the snapshot table, the bitmap directory
/// and the LUKS header.
/// </summary>
internal sealed class LayoutSearch
{
    // L1 tables that are tried: all but a few are those of snapshots, and named by their table.
    private const int MaxRoots = 64;

    // From how many words on a table in which all, or none, of the odd ones are used is extended and not standard by chance.
    private const int MinPairs = 3;
    private const int MinEvenWords = 12;

    // Snapshot tables that are tried if the refcounts are not trusted.
    private const int MaxSnapshotTables = 3;

    // Clusters without an owner that are looked at.
    private const int MaxUnowned = 1 << 20;

    private readonly IImageBytes _image;
    private readonly CachedBytes _bytes;
    private readonly Refcounts _refcounts;
    private readonly TableScan _scan;
    private readonly HashSet<long> _refcountClusters;

    private LayoutSearch(IImageBytes image, CachedBytes bytes, Refcounts refcounts, TableScan scan)
    {
        (_image, _bytes, _refcounts, _scan) = (image, bytes, refcounts, scan);
        _refcountClusters = [.. refcounts.Blocks.Select(ClusterOf)];
        _refcountClusters.UnionWith(Enumerable.Range(0, (int)refcounts.TableClusters).Select(i => ClusterOf(refcounts.TableOffset) + i));
    }

    /// <summary>The layouts, in no order.</summary>
    public static IReadOnlyList<FoundLayout> Run(IImageBytes image, CachedBytes bytes, Refcounts refcounts, Action<long, long> progress) =>
        new LayoutSearch(image, bytes, refcounts, TableScan.Run(bytes, refcounts, progress)).Find();

    private IReadOnlyList<FoundLayout> Find()
    {
        // Without trust in refcounts, tables of snapshots that are gone look like those that are not.
        var snapshots = _scan.Snapshots.OrderByDescending(cluster => _refcounts[cluster] > 0)
            .Select(cluster => SnapshotSearch.Parse(_image, _bytes, _refcounts, OffsetOf(cluster))).Where(found => found.Items.Length > 0)
            .OrderByDescending(found => found.Items.Length).Take(_refcounts.AreTrusted ? 1 : MaxSnapshotTables)
            .DefaultIfEmpty(FoundSnapshots.None);
        var basis = new Layout(_refcounts, default)
        {
            Bitmaps = _scan.Bitmaps.OrderByDescending(cluster => _refcounts[cluster] > 0)
                .Select(cluster => BitmapSearch.Parse(_image, _bytes, _refcounts, OffsetOf(cluster)))
                .MaxBy(found => found.Items.Length) is { Items: [_, ..] } bitmaps ? bitmaps : FoundBitmaps.None,
            LuksOffset = _scan.Luks.Select(OffsetOf).FirstOrDefault(),
        };
        basis = basis with { LuksLength = basis.LuksOffset > 0 ? LuksHeader.Length(_bytes, basis.LuksOffset) : 0 };
        return [.. snapshots.SelectMany(table => Find(basis with { Snapshots = table }))];
    }

    private List<FoundLayout> Find(Layout basis)
    {
        // Behind the entries of a snapshot's L1 table may be anything, so that the scan has taken it for none.
        foreach (var entry in basis.Snapshots.Items.SelectMany(s => L1Words(s.L1Offset, s.L1Entries)))
        {
            _scan.Referenced.Add(ClusterOf((long)MappingEntry.Offset(entry)));
        }

        var found = Layouts(basis, Roots(basis, cluster => !_scan.Referenced.Contains(cluster))).ToList();
        if (!IsEnough(found))
        {
            // What refers to the table may be the content of the guest's disk.
            found.AddRange(Layouts(basis, Roots(basis, _scan.Referenced.Contains)));
        }

        if (!IsEnough(found))
        {
            found.AddRange(CutTables(basis).SelectMany(WithFormats).Select(Complete).OfType<FoundLayout>());
        }

        return found;
    }

    // Where refcounts are not trusted nothing may be clean.
    private bool IsEnough(List<FoundLayout> found) =>
        found.Exists(layout => layout.Explained.IsClean || (!_refcounts.AreTrusted && layout.Explained.IsMost));

    private IEnumerable<FoundLayout> Layouts(Layout basis, List<(long First, long Count)> roots)
    {
        var layouts = roots.Select(root => basis with { L1Offset = OffsetOf(root.First), L1Clusters = root.Count });
        return layouts.DefaultIfEmpty(basis).SelectMany(WithFormats).Select(Complete).OfType<FoundLayout>();
    }

    private IEnumerable<Layout> WithFormats(Layout layout) => Formats(layout).Select(format => layout with { Format = format });

    /// <summary>L1 tables of one cluster behind whose entries other bytes stand, which the cluster had before.</summary>
    private IEnumerable<Layout> CutTables(Layout basis)
    {
        foreach (var cluster in _scan.L1Starts.Except(Named(basis)).Take(MaxRoots))
        {
            var (start, end) = (OffsetOf(cluster), OffsetOf(cluster + 1));
            var at = start;
            while (at < end && (_bytes.Word(at) is 0 || MappingEntry.IsL1(_bytes.Word(at), _refcounts)))
            {
                at += 8;
            }

            if (at < end)
            {
                yield return basis with { L1Offset = start, L1Clusters = 1, L1End = at };
            }
        }
    }

    /// <summary>The clusters of structures that the snapshot table and the bitmap directory name, and their own.</summary>
    private HashSet<long> Named(Layout basis) => basis.Snapshots.Items.SelectMany(s => Clusters(s.L1Offset, s.L1Entries * 8L))
        .Concat(basis.Bitmaps.Items.SelectMany(b => Clusters(b.TableOffset, b.TableEntries * 8L)))
        .Concat(Clusters(basis.Snapshots.Offset, basis.Snapshots.Ends.LastOrDefault()))
        .Concat(Clusters(basis.Bitmaps.Offset, basis.Bitmaps.Length))
        .Concat(Clusters(basis.LuksOffset, basis.LuksLength)).ToHashSet();

    /// <summary>
    /// Runs of clusters that can be an L1 table, with those of zeros in between; not those that other structures name. A table that
    /// was moved may stand beside its old place, which has no refcount: such runs are tried in one piece and in two.
    /// </summary>
    private List<(long First, long Count)> Roots(Layout basis, Func<long, bool> isWanted)
    {
        var runs = Runs(basis, isWanted, withGaps: false);
        return _refcounts.AreTrusted ? runs : [.. runs.Union(Runs(basis, isWanted, withGaps: true))];
    }

    private List<(long First, long Count)> Runs(Layout basis, Func<long, bool> isWanted, bool withGaps)
    {
        var named = Named(basis);
        var runs = new List<(long First, long Count)>();
        foreach (var table in _scan.Tables)
        {
            var cluster = table.Cluster;
            if (!table.IsL1 || !isWanted(cluster) || !_refcounts.IsOwnedOnce(cluster) || named.Contains(cluster))
            {
                continue;
            }

            if (runs is [.., var last] && (withGaps || _refcounts[last.First] > 0 == _refcounts[cluster] > 0)
                && IsEmptyBetween(last.First + last.Count, cluster))
            {
                runs[^1] = (last.First, cluster - last.First + 1);
            }
            else if (runs.Count < MaxRoots)
            {
                runs.Add((cluster, 1));
            }
        }

        return runs;

        bool IsEmptyBetween(long from, long to)
        {
            for (var gaps = withGaps ? 1 : 0; from < to; from++)
            {
                if (named.Contains(from) || _scan.Referenced.Contains(from) || !IsFree(from) || (_refcounts[from] == 0 && gaps-- == 0))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The formats that most of the L2 tables have; the standard one if there are no tables.</summary>
    private ImmutableArray<L2Format> Formats(Layout layout)
    {
        var counts = new long[L2Format.All.Length];
        var (even, odd, hasOffsets) = (0L, 0L, false);
        foreach (var table in L1Words(layout.L1Offset, layout.L1Room)
            .Concat(layout.Snapshots.Items.SelectMany(s => L1Words(s.L1Offset, s.L1Entries))).Select(MappingEntry.Offset).Distinct())
        {
            var test = Test((long)table);
            (even, odd, hasOffsets) = (even + test.EvenWords, odd + test.OddWords, hasOffsets || test.HasOddOffsets);
            for (var i = 0; i < counts.Length && !test.IsEmpty; i++)
            {
                counts[i] += test.Is(L2Format.All[i]) ? 1 : 0;
            }
        }

        var most = counts.Max();
        // Few extended tables look like standard ones: those where the first subcluster of each cluster is all that is there (a bitmap
        // of 1 is a cluster of zeros in a standard table), and those of clusters that were only preallocated. Where an odd word has an
        // offset, that of data without an owner decides.
        var isUndecided = counts[0] == most && counts[1] == most && !hasOffsets;
        var isExtended = (odd == even && even >= MinPairs) || (odd == 0 && even >= MinEvenWords);
        return most == 0 ? [L2Format.All[0]]
            : [.. L2Format.All.Where((format, i) => counts[i] == most && (!isUndecided || i > 1 || format.Extended == isExtended))];
    }

    private IEnumerable<ulong> L1Words(long offset, long entries)
    {
        for (var i = 0L; i < entries && offset + (8 * i) < _bytes.Length; i++)
        {
            if (_bytes.Word(offset + (8 * i)) is not 0 and var entry && MappingEntry.IsL1(entry, _refcounts))
            {
                yield return entry;
            }
        }
    }

    private TableTest Test(long offset)
    {
        var test = new TableTest(_refcounts);
        Span<byte> sector = stackalloc byte[Header.MinClusterSize];
        for (var at = 0; at < _refcounts.ClusterSize && test.IsTable; at += sector.Length)
        {
            // A copy: the test looks up refcounts in the same windows.
            _bytes.Peek(offset + at, sector.Length).CopyTo(sector);
            test.Add(sector);
        }

        return test;
    }

    /// <summary>
    /// Gives clusters of zeros that have no owner to the tables beside them: to the refcount table, which grows by more than it needs, and
    /// to the L1 table, which maps a disk whose beginning and end may be empty.
    /// </summary>
    private FoundLayout? Complete(Layout layout)
    {
        var ownership = Ownership.Of(_bytes, layout);
        if (layout.Format.External && ownership.Mapped.Data == 0)
        {
            // Tables without data look the same in every format.
            return null;
        }

        var unowned = ownership.Unowned().Take(MaxUnowned).ToHashSet();
        var taken = 0L;
        if (layout.L1Clusters == 0)
        {
            var first = unowned.Order().FirstOrDefault(IsFree);
            if (first == 0)
            {
                return null;
            }

            unowned.Remove(first);
            taken++;
            layout = layout with { L1Offset = OffsetOf(first), L1Clusters = 1 };
        }

        var table = ClusterOf(_refcounts.TableOffset);
        var tableEnd = table + layout.RefcountTableClusters;
        var limit = table + (Limits.RefcountTable >> _refcounts.ClusterBits);
        while (tableEnd < limit && Take(tableEnd))
        {
            tableEnd++;
        }

        var start = ClusterOf(layout.L1Offset);
        var end = start + layout.L1Clusters;
        var most = Math.Max(1, Limits.L1Entries * 8L >> _refcounts.ClusterBits);
        var before = ownership.Mapped.MissingEntries * 8 / _refcounts.ClusterSize ?? long.MaxValue;
        for (; before > 0 && end - start < most && Take(start - 1); before--)
        {
            start--;
        }

        while (layout.L1End is null && end - start < most && Take(end))
        {
            end++;
        }

        ownership.Mapped.Last += ownership.Mapped.Last < 0 ? 0
            : (ClusterOf(layout.L1Offset) - start) * (_refcounts.ClusterSize / 8) * (_refcounts.ClusterSize / layout.Format.EntrySize);
        return new(
            layout with { RefcountTableClusters = tableEnd - table, L1Offset = OffsetOf(start), L1Clusters = end - start },
            ownership.Mapped,
            new(_refcounts.ClusterSize, ownership.Counted + taken, ownership.Uncounted, unowned.Count, ownership.Wrong), taken);

        bool Take(long cluster)
        {
            var isTaken = unowned.Contains(cluster) && IsFree(cluster) && unowned.Remove(cluster);
            taken += isTaken ? 1 : 0;
            return isTaken;
        }
    }

    /// <summary>Whether a cluster can have one owner, is no part of the refcounts, and holds zeros only.</summary>
    private bool IsFree(long cluster)
    {
        if (!_refcounts.IsOwnedOnce(cluster) || _refcountClusters.Contains(cluster))
        {
            return false;
        }

        var offset = OffsetOf(cluster);
        for (var at = 0; at < _refcounts.ClusterSize; at += Header.MinClusterSize)
        {
            if (_bytes.Peek(offset + at, Header.MinClusterSize).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    private IEnumerable<long> Clusters(long offset, long length)
    {
        for (var at = offset; at < offset + length; at += _refcounts.ClusterSize)
        {
            yield return ClusterOf(at);
        }
    }

    private long ClusterOf(long offset) => offset >> _refcounts.ClusterBits;

    private long OffsetOf(long cluster) => cluster << _refcounts.ClusterBits;
}
