namespace Qcow2Fs.Cli.Maps;

/// <summary>A part of a picture of a map.</summary>
/// <param name="Kind">What most of its used clusters hold; free if none is used.</param>
/// <param name="IsWrong">Whether anything is wrong with one of its clusters.</param>
internal readonly record struct GridCell(ClusterKind Kind, bool IsWrong);

/// <summary>A map as equal cells of one cluster or several, at most as many as a picture has room for.</summary>
internal sealed class MapGrid
{
    public MapGrid(ImageMap map, int maxCells)
    {
        ClustersPerCell = Math.Max(1, (map.Totals.Clusters + maxCells - 1) / maxCells);
        Cells = new GridCell[(map.Totals.Clusters + ClustersPerCell - 1) / ClustersPerCell];
        var counts = new long[ClusterKindText.All.Length];
        var isWrong = false;
        foreach (var piece in map.Pieces())
        {
            for (var at = piece.Start; at < piece.End;)
            {
                var cell = at / ClustersPerCell;
                var end = Math.Min(piece.End, (cell + 1) * ClustersPerCell);
                counts[(int)piece.Kind] += end - at;
                isWrong |= piece.IsWrong;
                at = end;
                if (end % ClustersPerCell == 0 || end == map.Totals.Clusters)
                {
                    counts[(int)ClusterKind.Free] = 0;
                    var most = counts.Max();
                    Cells[cell] = new(most == 0 ? ClusterKind.Free : (ClusterKind)Array.IndexOf(counts, most), isWrong);
                    Array.Clear(counts);
                    isWrong = false;
                }
            }
        }
    }

    public long ClustersPerCell { get; }

    public GridCell[] Cells { get; }
}

/// <summary>The colours of a map: for pictures, and of the 256 of a terminal.</summary>
internal static class MapColours
{
    /// <summary>The colour of errors.</summary>
    public const string Error = "#d00000";

    private static readonly (string Picture, int Terminal)[] s_colours =
    [
        ("#1d3557", 17), ("#6a4c93", 55), ("#b08cd9", 140), ("#1d6fb8", 25), ("#0b6e4f", 22), ("#2a9d8f", 36), ("#9c5518", 130),
        ("#e09f3e", 178), ("#7f5539", 94), ("#63b3ed", 75), ("#80cfa9", 115), ("#8ac926", 112), ("#5b8e1b", 64), ("#cfe8a9", 193),
        ("#f4d58d", 222), ("#ff8fa3", 210), ("#edf0f2", 255),
    ];

    public static string Picture(ClusterKind kind) => s_colours[(int)kind].Picture;

    public static int Terminal(ClusterKind kind) => s_colours[(int)kind].Terminal;
}
