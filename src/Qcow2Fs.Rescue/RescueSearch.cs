using Qcow2Fs.Check;

namespace Qcow2Fs.Rescue;

/// <summary>A number or an offset that speaks for a candidate.</summary>
/// <param name="What">What was counted or found.</param>
/// <param name="Value">The number, or what it is.</param>
public readonly record struct Evidence(string What, string Value);

/// <summary>A header that the rest of the file allows.</summary>
/// <param name="Header">The header, with all of its cluster.</param>
/// <param name="Evidence">What speaks for it.</param>
/// <param name="Warnings">What cannot be told from the file, a sentence each.</param>
/// <param name="Leaks">Clusters with a refcount that nothing refers to.</param>
/// <param name="Corruptions">References that contradict the refcounts.</param>
public sealed record RescueCandidate(
    Header Header, ImmutableArray<Evidence> Evidence, ImmutableArray<string> Warnings, ulong Leaks, ulong Corruptions);

/// <summary>What a search has found.</summary>
/// <param name="IsHealthy">Whether the image's own header fits the file at least as well as any other: there is nothing to do.</param>
/// <param name="Candidates">The headers, the best first; empty for a healthy image.</param>
public sealed record RescueResult(bool IsHealthy, ImmutableArray<RescueCandidate> Candidates)
{
    /// <summary>Whether the first candidate is better than the others.</summary>
    public bool HasBest => Candidates is [_] || (Candidates is [var first, var second, ..]
        && (first.Corruptions, first.Leaks) != (second.Corruptions, second.Leaks));
}

/// <summary>
/// Finds the header of an image whose first cluster is lost, from what the rest of the file holds. Reads only; nothing that the image names
/// is opened.
/// </summary>
public static class RescueSearch
{
    private const int MaxCandidates = 8;

    /// <summary>Searches.</summary>
    /// <param name="image">The file.</param>
    /// <param name="header">What its first cluster holds now.</param>
    /// <param name="options">What the user knows.</param>
    /// <param name="progress">Gets bytes done and bytes in all, often.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="HeaderException">The names do not fit the first cluster, or the size not the L1 table.</exception>
    public static RescueResult Run(IImageBytes image, Header header, RescueOptions options, Action<long, long> progress)
    {
        var bytes = new CachedBytes(image);
        var isHeader = header.HasMagic && header.Version is 2 or 3 && header.IsClusterSizeKnown;
        var present = isHeader ? FaultsOf(header, image, bytes) : Faults.Most;
        if (present == Faults.None)
        {
            return new(IsHealthy: true, []);
        }

        var candidates = Fitting(Search(image, bytes, progress), options)
            .Take(MaxCandidates).Select(found => CandidateOf(image, bytes, found, options))
            .DistinctBy(candidate => Convert.ToHexString(candidate.Header.Bytes.Span))
            .OrderBy(candidate => candidate.Corruptions).ThenBy(candidate => candidate.Leaks).ToImmutableArray();
        // A header that is right may have faults: those of the tables.
        return present != Faults.Most && !candidates.Any(c => new Faults(c.Corruptions, c.Leaks).CompareTo(present) < 0)
            ? new(IsHealthy: true, []) : new(IsHealthy: false, candidates);
    }

    /// <summary>What is wrong in the image by a header: as <c>qemu-img check</c> counts, and data behind the end of the disk.</summary>
    private static Faults FaultsOf(Header header, IImageBytes image, CachedBytes bytes)
    {
        var totals = ImageMap.Of(header, image).Totals;
        return new(totals.Corruptions + (MappedEnd.Of(header, bytes) >= header[HeaderFields.Size] ? 1UL : 0), totals.Leaks);
    }

    private static List<FoundLayout> Search(IImageBytes image, CachedBytes bytes, Action<long, long> progress)
    {
        var search = new RefcountSearch(bytes, progress);
        var found = new List<FoundLayout>();
        foreach (var tables in new[] { search.InSecondCluster, search.Elsewhere })
        {
            foreach (var refcounts in tables().Take(MaxCandidates))
            {
                found.AddRange(LayoutSearch.Run(image, bytes, refcounts, progress));
                if (Ranked().Exists(layout => layout.IsClean))
                {
                    return Ranked();
                }
            }
        }

        return Ranked();

        List<FoundLayout> Ranked() => [.. found.Select(WithUncounted).OrderBy(f => f.Errors).ThenBy(f => f.Unowned)];

        // Read with half the cluster size, a table counts itself as well, but only half of the file.
        FoundLayout WithUncounted(FoundLayout layout)
        {
            var refcounts = layout.Layout.Refcounts;
            var most = found.Select(other => other.Layout.Refcounts).Where(other => other.TableOffset == refcounts.TableOffset
                && other.CountedEnd <= bytes.Length + other.ClusterSize).Select(other => other.CountedEnd).DefaultIfEmpty().Max();
            return layout with { Unowned = layout.Unowned + (Math.Max(0, most - refcounts.CountedEnd) >> refcounts.ClusterBits) };
        }
    }

    /// <summary>The layouts that agree with what the user knows. Beside one without faults, those with faults are of no use.</summary>
    /// <exception cref="HeaderException">OutOfRange: the size fits none of them.</exception>
    private static IEnumerable<FoundLayout> Fitting(List<FoundLayout> found, RescueOptions options)
    {
        // Whether data is in another file shows only where there is some.
        var all = found.ConvertAll(f => options.DataFile.IsEmpty || f.Mapped.Data > 0
            ? f : f with { Layout = f.Layout with { Format = f.Layout.Format with { External = true } } });
        var fitting = all.FindAll(f => options.Size is not { } size || size <= f.Layout.MaxSize);
        return all.Count > 0 && fitting.Count == 0
            ? throw new HeaderException(HeaderError.OutOfRange, string.Create(CultureInfo.InvariantCulture,
                $"the L1 table has no room for {options.Size} bytes, only for {all.Max(f => f.Layout.MaxSize)}"))
            : fitting.Where(f => f.IsClean || !fitting[0].IsClean);
    }

    private static RescueCandidate CandidateOf(IImageBytes image, CachedBytes bytes, FoundLayout found, RescueOptions options)
    {
        var size = SizeChoice.Of(bytes, found, options.Size);
        var header = HeaderOfLayout.Make(found, size.Bytes, options);
        var totals = ImageMap.Of(header, image).Totals;
        return new(header, [.. CandidateText.Evidence(found, size)], [.. CandidateText.Warnings(bytes, found, size, options)],
            totals.Leaks, totals.Corruptions);
    }

    /// <summary>How wrong a header is; compared by corruptions first.</summary>
    private readonly record struct Faults(ulong Corruptions, ulong Leaks)
    {
        public static readonly Faults None = new(0, 0);

        public static readonly Faults Most = new(ulong.MaxValue, ulong.MaxValue);

        public int CompareTo(Faults other) => (Corruptions, Leaks).CompareTo((other.Corruptions, other.Leaks));
    }
}
