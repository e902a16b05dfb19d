namespace Qcow2Fs.Image.Commits;

/// <summary>Finds the order of writes for a change, so that a crash at any point leaves the old content or the new one. Pure.</summary>
internal static class CommitPlanner
{
    /// <summary>The plan.</summary>
    /// <exception cref="ImageException">There is no such order.</exception>
    public static CommitPlan Plan(IChange change)
    {
        var ranges = change.Ranges;
        var changed = ranges.SelectMany(range => range.ChangedSectors())
            .Select(sector => new SectorWrite(sector.Offset, sector.New)).ToImmutableArray();
        if (changed.Length <= 1)
        {
            return changed.IsEmpty ? new(CommitLevel.Nothing, []) : new(CommitLevel.OneSector, [changed[0], Flush.Instance]);
        }

        var path = AtomicStep.Find(ranges) is { } step ? [step] : change.FindPath();
        if (path is null)
        {
            return new(CommitLevel.Unordered, Unordered(changed));
        }

        var steps = ImmutableArray.CreateBuilder<CommitStep>();
        foreach (var next in path)
        {
            next.AddTo(steps);
        }

        return new(path.Count == 1 ? CommitLevel.Ordered : CommitLevel.Relocated, steps.ToImmutable());
    }

    /// <summary>The first sector of the file last: nobody could read the image before, or nobody can after it.</summary>
    private static ImmutableArray<CommitStep> Unordered(ImmutableArray<SectorWrite> changed) => changed[0].Offset == 0
        ? [.. changed[1..], Flush.Instance, changed[0], Flush.Instance]
        : [.. changed, Flush.Instance];
}
