using System.Security;

namespace Qcow2Fs.Cli.Maps;

/// <summary>A map as a picture: the file as rows of coloured cells, errors outlined, and a legend. Equal maps give equal bytes.</summary>
internal static class MapSvg
{
    private const int Width = 900;
    private const int Left = 116;
    private const int Top = 56;
    private const int GridWidth = 768;
    private const int Gap = 1;
    private const int LegendColumns = 3;
    private const int LegendStep = 22;
    private const string Good = "#2b7a0b";

    // The fewer cells, the larger they are: columns, and up to how many rows.
    private static readonly (int Columns, int Rows)[] s_shapes = [(16, 6), (32, 12), (64, 24)];

    /// <summary>Draws the map of the file of that name.</summary>
    public static string Of(ImageMap map, string name)
    {
        var (columns, rows) = Array.Find(s_shapes, shape => (long)shape.Columns * shape.Rows >= map.Totals.Clusters) is { Columns: > 0 } fit
            ? fit : s_shapes[^1];
        var grid = new MapGrid(map, columns * rows);
        var size = GridWidth / columns;
        var used = (grid.Cells.Length + columns - 1) / columns;
        var legend = Top + (used * size) + 34;
        var kinds = ClusterKindText.All.Where(kind => map.Totals[kind] > 0).ToArray();
        var height = legend + (((kinds.Length + LegendColumns - 1) / LegendColumns) * LegendStep) + 8;
        var svg = new StringBuilder();
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="0 0 {Width} {height}">""");
        Line($"""<g font-family="sans-serif" font-size="14">""");
        Line($"""<rect width="{Width}" height="{height}" fill="#ffffff"/>""");
        Line($"""<text x="{Left}" y="24" font-size="16" font-weight="bold">{SecurityElement.Escape(PrintableText.Of(name))}</text>""");
        Line($"""<text x="{Left}" y="44" fill="#555555">{map.FileLength} bytes; a cell is {Cell(map, grid)}, errors are outlined</text>""");
        var colour = map.Totals.Leaks + map.Totals.Corruptions > 0 ? MapColours.Error : Good;
        var errors = MapText.Errors(map.Totals);
        Line($"""<text x="{Left + GridWidth}" y="44" text-anchor="end" font-weight="bold" fill="{colour}">{errors}</text>""");
        for (var row = 0; row < used; row += Math.Max(1, 24 / size))
        {
            var y = Top + (row * size) + Math.Min(size, 16) - 3;
            var offset = row * columns * grid.ClustersPerCell * map.ClusterSize;
            Line($"""<text x="{Left - 8}" y="{y}" text-anchor="end" font-family="monospace" font-size="11">0x{offset:x}</text>""");
        }

        foreach (var kind in kinds)
        {
            Path(cell => cell.Kind == kind, $"""fill="{MapColours.Picture(kind)}" """);
        }

        Path(cell => cell.IsWrong, $"""fill="none" stroke="{MapColours.Error}" stroke-width="2" """);
        for (var i = 0; i < kinds.Length; i++)
        {
            var x = Left + (i % LegendColumns * (GridWidth / LegendColumns));
            var y = legend + (i / LegendColumns * LegendStep);
            Line($"""<rect x="{x}" y="{y - 12}" width="14" height="14" fill="{MapColours.Picture(kinds[i])}"/>""");
            Line($"""<text x="{x + 20}" y="{y}">{kinds[i].ToText()}: {map.Totals[kinds[i]]}</text>""");
        }

        svg.Append("</g>\n</svg>\n");
        return svg.ToString();

        void Line(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

        // All cells of a sort are one path.
        void Path(Func<GridCell, bool> has, string style)
        {
            var path = new StringBuilder();
            for (var i = 0; i < grid.Cells.Length; i++)
            {
                if (has(grid.Cells[i]))
                {
                    var (x, y, side) = (Left + (i % columns * size), Top + (i / columns * size), size - Gap);
                    path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h{side}v{side}h-{side}z");
                }
            }

            if (path.Length > 0)
            {
                svg.Append("<path ").Append(style).Append("d=\"").Append(path).Append("\"/>\n");
            }
        }
    }

    private static string Cell(ImageMap map, MapGrid grid) => grid.ClustersPerCell == 1
        ? $"a cluster of {map.ClusterSize} bytes" : $"{grid.ClustersPerCell} clusters of {map.ClusterSize} bytes";
}
