namespace Qcow2Fs.Cli.Maps;

/// <summary>A map as text: a line a run, a line a problem, and a line of totals.</summary>
internal static class MapText
{
    /// <summary>Writes it. On a terminal a picture stands above the lines.</summary>
    public static void Write(ImageMap map, Stream stream)
    {
        using var output = new StreamWriter(stream, bufferSize: 1 << 16);
        if (!Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
            && Environment.GetEnvironmentVariable("TERM") is not "dumb")
        {
            output.Write(MapStrip.Of(map));
        }

        var width = Number((ulong)(map.Totals.Clusters * map.ClusterSize)).Length;
        foreach (var run in map.Runs())
        {
            output.Write(Number(run.Offset).PadLeft(width));
            output.Write(' ');
            output.Write(Number(run.Length).PadLeft(width));
            output.Write(string.Create(CultureInfo.InvariantCulture, $" {run.Piece.Refcount,4} {run.Piece.References,4}  {What(run)}\n"));
        }

        foreach (var problem in map.Totals.Problems)
        {
            output.Write(PrintableText.Of($"{TreePath.Of(problem.Subject)}: {problem.Sentence}"));
            output.Write('\n');
        }

        if (map.Totals.ProblemCount > (ulong)map.Totals.Problems.Count)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"and {map.Totals.ProblemCount - (ulong)map.Totals.Problems.Count} more problems of entries\n"));
        }

        output.Write(Summary(map));
        output.Write('\n');
    }

    /// <summary>The last line.</summary>
    public static string Summary(ImageMap map) => string.Create(CultureInfo.InvariantCulture,
        $"{Count((ulong)map.Totals.Clusters, "cluster")} of {map.ClusterSize} bytes: ")
        + string.Join(", ", ClusterKindText.All.Where(kind => map.Totals[kind] > 0)
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{map.Totals[kind]} {kind.ToText()}")))
        + "; " + Errors(map.Totals);

    /// <summary>The errors in a few words.</summary>
    public static string Errors(MapTotals totals) => totals.Leaks + totals.Corruptions == 0
        ? "no errors" : $"{Count(totals.Leaks, "leak")}, {Count(totals.Corruptions, "corruption")}";

    private static string Count(ulong number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private static string Number(ulong number) => NumberText.Format(number, FieldStyle.Hex);

    private static string What(MapRun run)
    {
        var piece = run.Piece;
        // Compressed clusters lie close together: one of them is enough.
        var parts = run.Owners.DistinctBy(owner => owner.Kind == ClusterKind.CompressedData ? owner with { GuestOffset = null } : owner)
            .Select(Owner).ToList();
        if (piece.References > (ulong)parts.Count)
        {
            parts.Add(parts.Count == 0 ? piece.Kind.ToText()
                : string.Create(CultureInfo.InvariantCulture, $"{piece.References - (ulong)parts.Count} more"));
        }

        if (piece.References == 0)
        {
            parts.Add(piece.Kind.ToText());
        }
        else if (piece.Error != ClusterError.None)
        {
            parts.Add(piece.Error == ClusterError.Leak ? "LEAK, the refcount is above the references"
                : piece.Refcount == 0 ? "USED WITHOUT REFCOUNT" : "USED MORE OFTEN THAN COUNTED");
        }

        if (piece.WrongFlags > 0)
        {
            parts.Add(piece.Refcount == 1 ? "COPIED FLAG MISSING" : "COPIED FLAG SET");
        }

        if (piece.OtherCorruptions > piece.WrongFlags)
        {
            parts.Add(piece.Range?.Kind == ClusterKind.RefcountBlock ? "REFCOUNT BLOCK SHARED" : "MORE REFERENCES THAN A REFCOUNT HOLDS");
        }

        return string.Join("; ", parts);
    }

    private static string Owner(MapOwner owner)
    {
        var snapshot = owner.Snapshot is { } index ? $"snapshots/{index}/" : "";
        return owner.Kind switch
        {
            ClusterKind.L1Table => owner.Snapshot is null ? "L1 table" : $"L1 table of {snapshot[..^1]}",
            ClusterKind.L2Table => $"L2 table of {snapshot}l1/{owner.Index}",
            ClusterKind.RefcountBlock => $"refcount block of refcount_table/{owner.Index}",
            ClusterKind.BitmapTable or ClusterKind.BitmapData => $"{owner.Kind.ToText()} of bitmap {owner.Bitmap}",
            ClusterKind.Data or ClusterKind.CompressedData => $"{owner.Kind.ToText()}{(snapshot.Length > 0 ? $" of {snapshot[..^1]}" : "")}"
                + $" at guest {Number(owner.GuestOffset ?? 0)}",
            _ => owner.Kind.ToText(),
        };
    }
}
