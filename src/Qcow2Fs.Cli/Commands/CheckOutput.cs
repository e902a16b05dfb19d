using System.Text.Json;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Commands;

/// <summary>A checked source as text and as JSON.</summary>
internal static class CheckOutput
{
    /// <summary>A line a finding, and its remedy, indented, where there is one. Nothing without findings.</summary>
    public static string Text(CheckedSource source)
    {
        var name = PrintableText.Of(PathText.Decode(source.Name));
        return string.Concat((source.Report?.Findings ?? []).Select(finding =>
            $"{name}: {FindingText.Line(finding)}\n" + (Hint(source, finding) is { } hint ? $"    {hint}\n" : "")));
    }

    /// <summary>One object and one line.</summary>
    /// <param name="source">What was checked.</param>
    /// <param name="counts">Whether a finding makes the exit status 3.</param>
    public static string Json(CheckedSource source, Func<Finding, bool> counts) => JsonLine.Of(json =>
    {
        JsonLine.WriteBytes(json, "image", source.Name);
        json.WriteBoolean("passes", source.Passes(counts));
        if (source.Report is not { } report)
        {
            json.WriteString("failure", source.Failure);
            return;
        }

        WriteFacts(json, report.Facts);
        json.WriteStartObject("qemu");
        json.WriteString("version", report.Qemu.ToText());
        json.WriteString("info", report.Info);
        json.WriteString("read", report.Read);
        json.WriteString("write", report.Write);
        json.WriteEndObject();
        json.WriteStartArray("findings");
        foreach (var finding in report.Findings)
        {
            json.WriteStartObject();
            json.WriteString("rule", finding.Rule);
            json.WriteString("severity", finding.Severity.ToText());
            json.WriteString("place", TreePath.Of(finding.Subject));
            json.WriteString("sentence", finding.Sentence);
            json.WriteString("hint", Hint(source, finding));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteFacts(Utf8JsonWriter json, ImageFacts facts)
    {
        json.WriteString("format", facts.Format);
        WriteNumber(json, "virtual_size", facts.VirtualSize);
        WriteNumber(json, "cluster_size", (ulong?)facts.ClusterSize);
        json.WriteString("encrypted", facts.Encrypted);
        json.WriteString("backing_file", facts.BackingFile);
        json.WriteString("backing_format", facts.BackingFormat);
        json.WriteString("data_file", facts.DataFile);
        WriteNumber(json, "needs_memory", facts.NeedsMemory);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    // Standard input has no path that a command could name.
    private static string? Hint(CheckedSource source, Finding finding) =>
        FindingText.Command(finding.Remedy, source.Name is [(byte)'-'] ? default : source.Name.AsSpan());
}
