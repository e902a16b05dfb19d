namespace Qcow2Fs.Check;

/// <summary>A part of the file that a structure takes, in clusters or in bytes: from the start to before the end.</summary>
/// <param name="Start">The first unit.</param>
/// <param name="End">The first unit behind it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Which of its kind.</param>
internal readonly record struct ClusterRange(long Start, long End, ClusterKind Kind, int Index = 0);

/// <summary>A part of the file in which the same ranges lie.</summary>
/// <param name="Start">The first unit.</param>
/// <param name="End">The first unit behind it.</param>
/// <param name="Kind">The first kind of the ranges.</param>
/// <param name="Index">Which of that kind; the last one that has started, if there are several.</param>
/// <param name="Count">How many ranges lie here.</param>
/// <param name="Blocks">How many of them are refcount blocks.</param>
internal readonly record struct RangeSegment(long Start, long End, ClusterKind Kind, int Index, ulong Count, ulong Blocks);

/// <summary>
/// Cuts overlapping ranges into segments. A hostile image can name a gigabyte 65536 times: a walk over segments looks at it once.
/// </summary>
internal static class RangeSweep
{
    /// <summary>The segments in which at least one range lies, in order, without overlaps.</summary>
    public static List<RangeSegment> Cut(List<ClusterRange> ranges)
    {
        var bounds = new List<(long At, int Range, bool IsStart)>(2 * ranges.Count);
        for (var i = 0; i < ranges.Count; i++)
        {
            if (ranges[i].Start < ranges[i].End)
            {
                bounds.Add((ranges[i].Start, i, true));
                bounds.Add((ranges[i].End, i, false));
            }
        }

        bounds.Sort();
        var segments = new List<RangeSegment>();
        Span<ulong> counts = stackalloc ulong[ClusterKindText.All.Length];
        Span<int> indexes = stackalloc int[ClusterKindText.All.Length];
        var total = 0UL;
        for (var i = 0; i < bounds.Count; i++)
        {
            var (at, number, isStart) = bounds[i];
            var range = ranges[number];
            counts[(int)range.Kind] += isStart ? 1UL : ulong.MaxValue;
            total += isStart ? 1UL : ulong.MaxValue;
            indexes[(int)range.Kind] = isStart ? range.Index : indexes[(int)range.Kind];
            if (total > 0 && bounds[i + 1].At > at)
            {
                var kind = counts.IndexOfAnyExcept(0UL);
                segments.Add(new(at, bounds[i + 1].At, (ClusterKind)kind, indexes[kind], total, counts[(int)ClusterKind.RefcountBlock]));
            }
        }

        return segments;
    }
}
