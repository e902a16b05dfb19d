using Qcow2Fs.Check;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Rescue;

/// <summary>What a header makes of an image, by the map of it.</summary>
/// <param name="Faults">Leaks and corruptions.</param>
/// <param name="Explained">How much it explains.</param>
internal sealed record Judged(Faults Faults, Explained Explained)
{
    /// <summary>Judges a header.</summary>
    public static Judged Of(Header header, IImageBytes image)
    {
        var map = ImageMap.Of(header, image);
        return new(new(map.Totals.Leaks, map.Totals.Corruptions), Explained.Of(map));
    }
}

/// <summary>A candidate and what it is worth.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="Judged">What its header explains.</param>
/// <param name="Taken">Bytes of clusters of zeros that were given to its tables: no reason to prefer it to a header that is there.</param>
internal sealed record JudgedCandidate(RescueCandidate Candidate, Judged Judged, Int128 Taken);

/// <summary>
/// Builds the headers that the refcounts and tables of an image allow. The refcounts are trusted at first; if that gives no header without
/// faults, something in the tables is damaged, and the search repeats without that trust.
/// </summary>
internal sealed class CandidateSearch(IImageBytes image, CachedBytes bytes, RescueOptions options, Action<long, long> progress)
{
    private const int MaxCandidates = 8;

    private const int DirtyBit = 0;

    // Layouts, of which several may stand for the same header.
    private const int MaxLayouts = 4 * MaxCandidates;

    private readonly List<Refcounts> _tables = [];
    private readonly List<FoundLayout> _found = [];

    /// <summary>Whether only headers without faults are wanted.</summary>
    public required bool IsStrict { get; init; }

    /// <summary>The candidates, the best first: <see cref="Explained.Score"/> is the order.</summary>
    /// <exception cref="HeaderException">The names do not fit the first cluster, or the size no L1 table.</exception>
    public List<JudgedCandidate> Run()
    {
        var search = new RefcountSearch(bytes, progress);
        foreach (var find in new[] { search.InSecondCluster, search.Elsewhere })
        {
            var tables = find().Take(MaxCandidates).ToList();
            _tables.AddRange(tables);
            foreach (var refcounts in tables.Where(table => table.Misses == 0))
            {
                _found.AddRange(LayoutSearch.Run(image, bytes, refcounts, progress));
                // Beside a header without faults, those with faults are of no use.
                var clean = Judge(Ranked().Where(found => found.Explained.IsClean && Fits(found)))
                    .FindAll(candidate => candidate.Judged.Explained.IsClean);
                if (clean.Count > 0)
                {
                    return clean;
                }
            }
        }

        if (IsStrict)
        {
            return [];
        }

        _found.AddRange(_tables.SelectMany(table => LayoutSearch.Run(image, bytes, table.Doubted(), progress)));
        // Without an L2 table, and with little else, it would only make an empty disk of the image.
        var layouts = Ranked().Where(found => found.Explained.IsMost || found.Mapped.L2Tables > 0).ToList();
        return layouts.Count == 0 || layouts.Exists(Fits) ? Judge(layouts.Where(Fits))
            : throw new HeaderException(HeaderError.OutOfRange, string.Create(CultureInfo.InvariantCulture,
                $"the L1 table has no room for {options.Size} bytes, only for {layouts.Max(found => found.Layout.MaxSize)}"));
    }

    private bool Fits(FoundLayout found) => options.Size is not { } size || size <= found.Layout.MaxSize;

    private IEnumerable<FoundLayout> Ranked() => _found.Select(WithUncounted).Select(WithDataFile)
        .OrderByDescending(found => found.Explained.Score);

    /// <summary>Read with half the cluster size, a table counts itself as well, but only half of the file.</summary>
    private FoundLayout WithUncounted(FoundLayout found)
    {
        var refcounts = found.Layout.Refcounts;
        var most = _tables.Where(other => other.TableOffset == refcounts.TableOffset
            && other.CountedEnd <= bytes.Length + other.ClusterSize).Select(other => other.CountedEnd).DefaultIfEmpty().Max();
        var missing = Math.Max(0, most - refcounts.CountedEnd) >> refcounts.ClusterBits;
        return found with { Explained = found.Explained with { Unowned = found.Explained.Unowned + missing } };
    }

    /// <summary>Whether data is in another file shows only where there is some; the user may know it.</summary>
    private FoundLayout WithDataFile(FoundLayout found) => options.DataFile.IsEmpty || found.Mapped.Data > 0
        ? found : found with { Layout = found.Layout with { Format = found.Layout.Format with { External = true } } };

    private List<JudgedCandidate> Judge(IEnumerable<FoundLayout> layouts) =>
        [.. layouts.Take(MaxLayouts).Select(found => (Found: found, Size: SizeChoice.Of(bytes, found, options.Size)))
            .Select(found => (found.Found, found.Size, Header: HeaderOfLayout.Make(found.Found, found.Size.Bytes, options)))
            .DistinctBy(found => Convert.ToHexString(found.Header.Bytes.Span)).Take(MaxCandidates)
            .Select(found => Judge(found.Found, found.Size, found.Header))
            .OrderByDescending(candidate => candidate.Candidate.Score)
            .ThenBy(candidate => candidate.Candidate.Corruptions).ThenBy(candidate => candidate.Candidate.Leaks)];

    private JudgedCandidate Judge(FoundLayout found, SizeChoice size, Header header)
    {
        var judged = Judged.Of(header, image);
        // QEMU counts the clusters of a dirty image before it writes to any.
        var dirty = judged.Explained.Uncounted > 0 ? header.WithFeature(FeatureGroup.Incompatible, DirtyBit, set: true) : header;
        var candidate = new RescueCandidate(dirty, [.. CandidateText.Evidence(found, size)],
            [.. CandidateText.Warnings(bytes, found, size, options, judged.Explained)],
            judged.Faults.Leaks, judged.Faults.Corruptions, judged.Explained.Score);
        return new(candidate, judged, (Int128)found.Taken * header.ClusterSize);
    }
}
