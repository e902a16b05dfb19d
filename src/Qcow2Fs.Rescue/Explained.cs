using Qcow2Fs.Check;

namespace Qcow2Fs.Rescue;

/// <summary>
/// How much of a file a header explains: the one measure by which candidates are ordered, and the header that is there is judged.
/// </summary>
/// <param name="ClusterSize">Bytes of a cluster: headers with other cluster sizes explain other clusters.</param>
/// <param name="Counted">Clusters that have a refcount and an owner.</param>
/// <param name="Uncounted">Clusters that have an owner and no refcount, as in a dirty image with lazy refcounts.</param>
/// <param name="Unowned">Clusters that have a refcount and no owner, or a refcount above it.</param>
/// <param name="Wrong">Other contradictions: entries that cannot be, copied flags and refcounts that do not fit.</param>
internal readonly record struct Explained(int ClusterSize, long Counted, long Uncounted, long Unowned, long Wrong)
{
    /// <summary>Whether nothing contradicts the header.</summary>
    public bool IsClean => Uncounted == 0 && Unowned == 0 && Wrong == 0;

    /// <summary>
    /// Bytes of clusters that have an owner. Those without a refcount count half: their tables may be old. The header's own cluster does
    /// not count: every header has it.
    /// </summary>
    public Int128 Bytes => ((2 * ((Int128)Counted - 1)) + Uncounted) * ClusterSize / 2;

    /// <summary>Those bytes, less a cluster for each that has none and for each contradiction.</summary>
    public Int128 Score => Bytes - (((Int128)Unowned + Wrong) * ClusterSize);

    /// <summary>Whether more of the file is explained than not.</summary>
    public bool IsMost => Score > 0;

    /// <summary>What a map says of a header.</summary>
    public static Explained Of(ImageMap map)
    {
        var (counted, uncounted, unowned, wrong) = (0UL, 0UL, 0UL, map.Totals.ProblemCount);
        foreach (var piece in map.Pieces())
        {
            var count = (ulong)(piece.End - piece.Start);
            if (piece.References > 0 && piece.Refcount > 0)
            {
                counted += count;
                wrong += (piece.OtherCorruptions + (piece.Error == ClusterError.Corruption ? 1UL : 0)) * count;
            }
            else if (piece.References > 0)
            {
                uncounted += count;
                wrong += (piece.OtherCorruptions - piece.WrongFlags) * count;
            }

            unowned += piece.Error == ClusterError.Leak ? count : 0;
        }

        return new(map.ClusterSize, Number(counted), Number(uncounted), Number(unowned), Number(wrong));

        static long Number(ulong count) => (long)Math.Min(count, long.MaxValue);
    }
}
