namespace Qcow2Fs.Image.Commits;

/// <summary>
/// What a commit changes in the file: whatever can read its bytes under the locks, and knows what its readers consume, can be committed.
/// <see cref="CommitPlanner"/> makes a plan of it, <see cref="CommitExecutor"/> writes.
/// </summary>
internal interface IChange
{
    /// <summary>The parts of the file in which something may change. They do not overlap.</summary>
    IReadOnlyList<ByteRange> Ranges { get; }

    /// <summary>
    /// Atomic steps through intermediate states that each have the old or the new content. The planner asks only if the change is not one
    /// atomic step.
    /// </summary>
    /// <returns>Null if there are none and the change may be made without: nobody can read the old or the new state.</returns>
    /// <exception cref="ImageException">There are none, and the change is refused. Nothing is written.</exception>
    IReadOnlyList<AtomicStep>? FindPath();
}

/// <summary>
/// A part of the file in two states, and which of its bytes are live in each: those that a reader of that state consumes. All others can
/// change freely.
/// </summary>
/// <param name="Offset">In the file; a multiple of a sector.</param>
/// <param name="Old">The bytes in the old state: whole sectors, with zeros for what lies past the end of the file.</param>
/// <param name="New">As many bytes in the new state.</param>
/// <param name="OldLive">A flag for each old byte; where there are fewer flags than bytes, the others are not live.</param>
/// <param name="NewLive">The same for the new bytes.</param>
internal readonly record struct ByteRange(
    long Offset, ReadOnlyMemory<byte> Old, ReadOnlyMemory<byte> New, ReadOnlyMemory<bool> OldLive, ReadOnlyMemory<bool> NewLive)
{
    /// <summary>The sectors that differ, in order.</summary>
    public IEnumerable<ByteRange> ChangedSectors()
    {
        for (var start = 0; start < New.Length; start += SectorWrite.Size)
        {
            var (old, @new) = (Old.Slice(start, SectorWrite.Size), New.Slice(start, SectorWrite.Size));
            if (!old.Span.SequenceEqual(@new.Span))
            {
                yield return new(Offset + start, old, @new, Slice(OldLive, start), Slice(NewLive, start));
            }
        }
    }

    private static ReadOnlyMemory<bool> Slice(ReadOnlyMemory<bool> live, int start) =>
        start >= live.Length ? default : live.Slice(start, Math.Min(SectorWrite.Size, live.Length - start));
}
