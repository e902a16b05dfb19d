using System.Text.Encodings.Web;
using System.Text.Json;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Maps;

/// <summary>A map as one JSON object. It is written run by run, so that the map of a large image takes little memory.</summary>
internal static class MapJson
{
    private const int MaxPending = 1 << 16;

    public static void Write(ImageMap map, string path, Stream output)
    {
        using (var json = new Utf8JsonWriter(output, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            JsonLine.WriteBytes(json, "image", PathText.Encode(path));
            json.WriteNumber("length", map.FileLength);
            json.WriteNumber("cluster_size", map.ClusterSize);
            json.WriteStartArray("runs");
            foreach (var run in map.Runs())
            {
                WriteRun(json, run);
                if (json.BytesPending > MaxPending)
                {
                    json.Flush();
                }
            }

            json.WriteEndArray();
            WriteProblems(json, map.Totals);
            WriteTotals(json, map.Totals);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteRun(Utf8JsonWriter json, MapRun run)
    {
        json.WriteStartObject();
        json.WriteNumber("offset", run.Offset);
        json.WriteNumber("length", run.Length);
        json.WriteNumber("refcount", run.Piece.Refcount);
        json.WriteNumber("references", run.Piece.References);
        json.WriteString("kind", Name(run.Piece.Kind));
        if (run.Piece.IsWrong)
        {
            json.WriteString("error", run.Piece.Error == ClusterError.Leak && run.Piece.OtherCorruptions == 0 ? "leak" : "corruption");
        }

        json.WriteStartArray("owners");
        foreach (var owner in run.Owners)
        {
            json.WriteStartObject();
            json.WriteString("kind", Name(owner.Kind));
            WriteNumber(json, "snapshot", owner.Snapshot);
            WriteNumber(json, "bitmap", owner.Bitmap);
            WriteNumber(json, "index", owner.Index);
            if (owner.GuestOffset is { } offset)
            {
                json.WriteNumber("guest_offset", offset);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProblems(Utf8JsonWriter json, MapTotals totals)
    {
        json.WriteStartArray("problems");
        foreach (var problem in totals.Problems)
        {
            json.WriteStartObject();
            json.WriteString("path", TreePath.Of(problem.Subject));
            json.WriteString("sentence", problem.Sentence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTotals(Utf8JsonWriter json, MapTotals totals)
    {
        json.WriteStartObject("totals");
        json.WriteStartObject("clusters");
        foreach (var kind in ClusterKindText.All)
        {
            json.WriteNumber(Name(kind), totals[kind]);
        }

        json.WriteEndObject();
        json.WriteNumber("leaks", totals.Leaks);
        json.WriteNumber("corruptions", totals.Corruptions);
        json.WriteNumber("problems", totals.ProblemCount);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static string Name(ClusterKind kind) => kind.ToText().ToLowerInvariant().Replace(' ', '_');
}
