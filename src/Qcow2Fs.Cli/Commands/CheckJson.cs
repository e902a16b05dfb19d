using System.Text.Encodings.Web;
using System.Text.Json;

namespace Qcow2Fs.Cli.Commands;

/// <summary>A check's report as JSON, one object and one line.</summary>
internal static class CheckJson
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Line(string path, CheckReport report)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            json.WriteStartObject();
            json.WriteString("image", path);
            json.WriteStartObject("qemu");
            json.WriteString("info", report.Info);
            json.WriteString("read", report.Read);
            json.WriteString("write", report.Write);
            json.WriteEndObject();
            json.WriteStartArray("findings");
            foreach (var finding in report.Findings)
            {
                json.WriteStartObject();
                json.WriteString("severity", finding.Severity.ToText());
                json.WriteString("place", TreePath.Of(finding.Subject));
                json.WriteString("sentence", finding.Sentence);
                json.WriteString("hint", FindingText.Command(finding.Remedy));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }
}
