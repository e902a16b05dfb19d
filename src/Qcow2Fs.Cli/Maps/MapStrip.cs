namespace Qcow2Fs.Cli.Maps;

/// <summary>A map as coloured rows for a terminal, with a legend; ten rows at most.</summary>
internal static class MapStrip
{
    private const int Rows = 6;
    private const int MaxRows = 10;
    // Narrow enough for every terminal.
    private const int Width = 72;
    private const string Reset = "\u001b[0m";

    /// <summary>The rows. Cells with errors have an exclamation mark.</summary>
    public static string Of(ImageMap map)
    {
        var grid = new MapGrid(map, Rows * Width);
        var text = new StringBuilder();
        foreach (var row in grid.Cells.Chunk(Width))
        {
            foreach (var cell in row)
            {
                Append(text, cell.Kind, cell.IsWrong ? '!' : ' ');
            }

            text.Append(Reset).Append('\n');
        }

        AppendLegend(text, grid);
        return text.ToString();
    }

    private static void AppendLegend(StringBuilder text, MapGrid grid)
    {
        var rows = (grid.Cells.Length + Width - 1) / Width + 1;
        var column = 0;
        foreach (var kind in grid.Cells.Select(cell => cell.Kind).Distinct().Order())
        {
            var length = kind.ToText().Length + 4;
            if (column + length > Width)
            {
                if (rows++ == MaxRows)
                {
                    break;
                }

                text.Append('\n');
                column = 0;
            }

            Append(text, kind, ' ');
            text.Append(Reset).Append(' ').Append(kind.ToText()).Append("  ");
            column += length;
        }

        text.Append('\n');
    }

    private static void Append(StringBuilder text, ClusterKind kind, char mark) => text.Append(CultureInfo.InvariantCulture,
        $"\u001b[48;5;{MapColours.Terminal(kind)}m{(mark == ' ' ? "" : "\u001b[1;38;5;196m")}{mark}{(mark == ' ' ? "" : Reset)}");
}
