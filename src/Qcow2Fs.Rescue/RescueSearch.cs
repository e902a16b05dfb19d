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
/// <param name="Score">Bytes of the file that it explains, less those that it does not.</param>
public sealed record RescueCandidate(
    Header Header, ImmutableArray<Evidence> Evidence, ImmutableArray<string> Warnings, ulong Leaks, ulong Corruptions, Int128 Score)
{
    /// <summary>Whether it explains more of the file than it does not.</summary>
    public bool ExplainsMost => Score > 0;
}

/// <summary>What <c>qemu-img check</c> finds in an image whose own header fits.</summary>
/// <param name="Leaks">Clusters with a refcount that nothing refers to.</param>
/// <param name="Corruptions">References that contradict the refcounts.</param>
public readonly record struct Faults(ulong Leaks, ulong Corruptions)
{
    /// <summary>Whether there are any.</summary>
    public bool HasAny => Leaks + Corruptions > 0;
}

/// <summary>What a search has found.</summary>
/// <param name="Own">
/// The faults of the image by its own header, if that explains the file at least as well as any other does: it is left alone. Null if not.
/// </param>
/// <param name="Candidates">The headers, the best first; empty if the image's own fits.</param>
public sealed record RescueResult(Faults? Own, ImmutableArray<RescueCandidate> Candidates)
{
    /// <summary>Whether the image's own header fits.</summary>
    public bool IsHealthy => Own is not null;

    /// <summary>Whether the first candidate explains most of the file, and is better than the others.</summary>
    public bool HasBest => Candidates is [{ ExplainsMost: true } first, .. var others] && (others.IsEmpty
        || (first.Score, first.Corruptions, first.Leaks) != (others[0].Score, others[0].Corruptions, others[0].Leaks));
}

/// <summary>
/// Finds the header of an image whose first cluster is lost, from what the rest of the file holds. Reads only; nothing that the image names
/// is opened.
/// </summary>
public static class RescueSearch
{
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
        var own = isHeader ? JudgeOwn(header, image, bytes) : null;
        if (own is { Explained.IsClean: true })
        {
            return new(own.Faults, []);
        }

        var search = new CandidateSearch(image, bytes, options, progress) { IsStrict = own is { Explained.IsMost: true } };
        var found = search.Run();
        return own is not null && IsLeftAlone(own.Explained, found) ? new(own.Faults, [])
            : new(null, [.. found.Select(candidate => candidate.Candidate)]);
    }

    /// <summary>
    /// A header that explains most of the file is right, and its tables are damaged: it is left alone unless another one has no faults.
    /// One that explains little is compared with all that are found.
    /// </summary>
    private static bool IsLeftAlone(Explained own, List<JudgedCandidate> found) => (found.Count > 0 || own.IsMost)
        && !found.Exists(other => other.Judged.Explained.Score > own.Score + (2 * other.Taken));

    private static Judged JudgeOwn(Header header, IImageBytes image, CachedBytes bytes)
    {
        var own = Judged.Of(header, image);
        // Data past the end of the disk: a header of another image.
        return MappedEnd.Of(header, bytes) >= header[HeaderFields.Size]
            ? own with { Explained = own.Explained with { Wrong = own.Explained.Wrong + 1 } } : own;
    }
}
