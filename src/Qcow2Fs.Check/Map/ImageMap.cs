namespace Qcow2Fs.Check;

/// <summary>Clusters behind one another about which the same is known.</summary>
/// <param name="Start">The first cluster.</param>
/// <param name="End">The first cluster behind them.</param>
/// <param name="Refcount">The refcount of each.</param>
/// <param name="References">How often each is referenced.</param>
/// <param name="Kind">What they hold.</param>
/// <param name="Error">What is wrong with the refcount.</param>
/// <param name="WrongFlags">Active entries that point at each of them with a copied flag that does not fit its refcount.</param>
/// <param name="OtherCorruptions">Corruptions of each that <paramref name="Error"/> does not count.</param>
/// <param name="Range">The table that lies there.</param>
public readonly record struct MapPiece(long Start, long End, ulong Refcount, ulong References, ClusterKind Kind, ClusterError Error,
    ulong WrongFlags, ulong OtherCorruptions, (ClusterKind Kind, int Index)? Range)
{
    /// <summary>Whether anything is wrong with the clusters.</summary>
    public bool IsWrong => Error != ClusterError.None || OtherCorruptions > 0;
}

/// <summary>
/// All host clusters of an image: refcounts, references, and what refers to them. The counts of leaks and corruptions are those of
/// <c>qemu-img check</c> (7.2) where that opens the image; where it does not, the map follows what can be followed.
/// </summary>
/// <remarks>
/// Memory: two bytes a cluster of the file, 8 MiB of refcount table, some words for each L2 table. Time: each part of the file is read once
/// as a table of a sort. Opens no file that the image names and takes no lock: of an image that is written to, a map shows errors that are
/// none.
/// </remarks>
public sealed class ImageMap
{
    private readonly MapWalk _walk;

    private ImageMap(Header header, IImageBytes image, Action<long, long>? progress)
    {
        ClusterSize = header.ClusterSize;
        FileLength = image.Length;
        _walk = new(header, image, Totals);
        _walk.Run(progress);
        Totals.Clusters = _walk.Count.ClusterCount;
        foreach (var piece in Pieces())
        {
            Totals.Add(piece);
        }
    }

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterSize { get; }

    /// <summary>Bytes of the file.</summary>
    public long FileLength { get; }

    /// <summary>Clusters by kind, leaks and corruptions.</summary>
    public MapTotals Totals { get; } = new();

    /// <summary>The map of an image by a header that need not be its own: one that a rescue tries, for instance.</summary>
    /// <param name="header">Any header.</param>
    /// <param name="image">The whole file.</param>
    /// <param name="progress">Told how many L2 tables of how many have been read.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ImageMap Of(Header header, IImageBytes image, Action<long, long>? progress = null) => new(header, image, progress);

    /// <summary>The clusters in order, without who refers to them. Reads the refcounts again.</summary>
    public IEnumerable<MapPiece> Pieces()
    {
        var refcounts = _walk.Refcounts.Runs(_walk.Count.ClusterCount);
        var cells = new CellRuns(_walk.Count.Cells);
        var ranges = 0;
        MapPiece? last = null;
        while (refcounts.MoveNext())
        {
            for (var at = refcounts.Start; at < refcounts.End;)
            {
                while (ranges < _walk.Segments.Count && _walk.Segments[ranges].End <= at)
                {
                    ranges++;
                }

                var end = refcounts.End;
                RangeSegment? range = null;
                if (ranges < _walk.Segments.Count)
                {
                    var next = _walk.Segments[ranges];
                    (range, end) = next.Start <= at ? (next, Math.Min(end, next.End)) : (range, Math.Min(end, next.Start));
                }

                var cell = cells.At(at, ref end);
                var piece = Judge(at, end, refcounts.Refcount, range, cell);
                if (last is { } previous && previous with { Start = at, End = end } == piece)
                {
                    last = previous with { End = end };
                }
                else
                {
                    if (last is { } complete)
                    {
                        yield return complete;
                    }

                    last = piece;
                }

                at = end;
            }
        }

        if (last is { } rest)
        {
            yield return rest;
        }
    }

    /// <summary>The clusters in order, with who refers to them. Reads all tables again.</summary>
    /// <remarks>
    /// Keeps up to a million references in 24 MiB, or three bytes a cluster of a large file. Where there are more, it reads the tables once
    /// for each part of the file that fits.
    /// </remarks>
    public IEnumerable<MapRun> Runs() => Runs((int)Math.Clamp(_walk.Count.ClusterCount / 8, 1 << 20, 1 << 28));

    /// <summary>The same with room for so many references, for tests.</summary>
    internal IEnumerable<MapRun> Runs(int capacity) => new MapRuns(_walk, ClusterSize, capacity).Of(Pieces());

    private MapPiece Judge(long start, long end, ulong refcount, RangeSegment? range, Cell cell)
    {
        var references = (range?.Count ?? 0) + _walk.Count.Cells.CountOf(start, cell);
        var max = _walk.Refcounts.MaxRefcount;
        var counted = Math.Min(references, max);
        var wrongFlags = _walk.Count.Cells.WrongFlags(start, cell, refcount);
        return new(start, end, refcount, references,
            references > 0 ? (ClusterKind)Math.Min((byte)(range?.Kind ?? ClusterKind.Free), (byte)cell.Kind)
            : refcount > 0 ? ClusterKind.Leaked : ClusterKind.Free,
            refcount > counted ? ClusterError.Leak : refcount < counted ? ClusterError.Corruption : ClusterError.None,
            wrongFlags, wrongFlags + (references - counted) + SharedBlocks(range?.Blocks ?? 0, references, max),
            range is { } table ? (table.Kind, table.Index) : null);
    }

    // QEMU counts a refcount block as wrong when a second reference to its cluster turns up, as far as the refcounts' width can tell.
    private static ulong SharedBlocks(ulong blocks, ulong references, ulong max) =>
        blocks == 0 || max == 1 ? 0 : references > blocks ? blocks : blocks - 1;

    /// <summary>Walks the cells in order.</summary>
    private sealed class CellRuns(ClusterCells cells)
    {
        private int _page;

        /// <summary>The cell of a cluster; the end is brought forward to where the cells go on differently.</summary>
        public Cell At(long cluster, ref long end)
        {
            var order = cells.PageOrder;
            while (_page < order.Length && (order[_page] + 1) * cells.PageSize <= cluster)
            {
                _page++;
            }

            if (_page == order.Length || order[_page] * cells.PageSize > cluster)
            {
                end = _page == order.Length ? end : Math.Min(end, order[_page] * cells.PageSize);
                return default;
            }

            var start = order[_page] * cells.PageSize;
            end = Math.Min(end, start + cells.PageSize);
            var part = cells.Page(order[_page])[(int)(cluster - start)..(int)(end - start)];
            var equal = !part[0].IsWhole ? 1 : part.IndexOfAnyExcept(part[0]) is >= 0 and var count ? count : part.Length;
            end = cluster + equal;
            return part[0];
        }
    }
}
