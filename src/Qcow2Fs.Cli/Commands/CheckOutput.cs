using System.Text.Encodings.Web;
using System.Text.Json;

namespace Qcow2Fs.Cli.Commands;

/// <summary>A checked source as text and as JSON.</summary>
internal static class CheckOutput
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A line a finding, and its remedy, indented, where there is one. Nothing without findings.</summary>
    public static string Text(CheckedSource source)
    {
        var name = PrintableText.Of(PathText.Decode(source.Name));
        return string.Concat((source.Report?.Findings ?? []).Select(finding =>
            $"{name}: {FindingText.Line(finding)}\n" + (Hint(source, finding) is { } hint ? $"    {hint}\n" : "")));
    }

    /// <summary>One object and one line.</summary>
    public static string Json(CheckedSource source)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            json.WriteStartObject();
            WriteName(json, source.Name);
            if (source.Report is { } report)
            {
                WriteFacts(json, report.Facts);
                json.WriteStartObject("qemu");
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
            }
            else
            {
                json.WriteString("failure", source.Failure);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static void WriteName(Utf8JsonWriter json, byte[] name)
    {
        var text = Encoding.UTF8.GetString(name);
        json.WriteString("image", text);
        if (!Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(name))
        {
            json.WriteString("image_bytes", Convert.ToHexStringLower(name));
        }
    }

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
