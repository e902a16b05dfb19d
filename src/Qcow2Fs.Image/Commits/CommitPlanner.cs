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
            .Select(sector => new SectorWrite(sector.Offset, sector.Old, sector.New)).ToImmutableArray();
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

/// <summary>What to write in which order, and how much it takes. The last step is a flush if there are any.</summary>
internal sealed record CommitPlan(CommitLevel Level, ImmutableArray<CommitStep> Steps);

/// <summary>How much it takes to make a change atomically (docs/durability.md).</summary>
internal enum CommitLevel
{
    /// <summary>Nothing changes.</summary>
    Nothing,

    /// <summary>One sector changes: one write.</summary>
    OneSector,

    /// <summary>Several sectors change in one <see cref="AtomicStep"/>.</summary>
    Ordered,

    /// <summary>Several atomic steps: the header passes through layouts that keep parts of it further back in the cluster.</summary>
    Relocated,

    /// <summary>Not atomic. Only where QEMU refuses the old or the new header anyway.</summary>
    Unordered,
}

/// <summary>A step of a commit: a <see cref="SectorWrite"/> or a <see cref="Flush"/>.</summary>
internal abstract record CommitStep;

/// <summary>Writes one sector, which a medium writes whole or not at all, at a multiple of <see cref="Size"/> in the file.</summary>
/// <param name="Offset">In the file.</param>
/// <param name="Old">What the steps before have left there: to be put back if a later write fails.</param>
/// <param name="New">What it is to hold.</param>
internal sealed record SectorWrite(long Offset, ReadOnlyMemory<byte> Old, ReadOnlyMemory<byte> New) : CommitStep
{
    /// <summary>Bytes of a sector: the smallest that disks have. Larger ones hold several and write all of them whole.</summary>
    public const int Size = 512;
}

/// <summary>Waits until everything before it is on the medium.</summary>
internal sealed record Flush : CommitStep
{
    public static readonly Flush Instance = new();
}
