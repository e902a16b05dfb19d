using System.Text.Encodings.Web;
using System.Text.Json;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Prints what QEMU and the specification object to in images, one finding per line.</summary>
internal static class CheckCommand
{
    public static void Define(Command command)
    {
        var asJson = command.AddFlag("--json", "Print a JSON object per image, with QEMU's answers.");
        var images = command.AddArguments("IMAGE", "qcow2 images.");
        command.SetAction(parsed => Run(parsed.GetRequiredValue(images), parsed.GetValue(asJson)));
    }

    private static int Run(string[] paths, bool asJson)
    {
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        var status = ExitCode.Done;
        foreach (var path in paths)
        {
            var found = Check(path, report => output.Write(
                asJson ? CheckJson.Line(path, report) : Text(paths.Length == 1 ? "" : $"{path}: ", report)));
            // A failure (1) outranks findings (3).
            status = status == ExitCode.Refused || found == ExitCode.Done ? status : found;
        }

        return status;
    }

    private static int Check(string path, Action<CheckReport> print)
    {
        try
        {
            using var opened = OpenImage.ToRead(path);
            var report = ImageCheck.Run(opened.View.Header, opened.View.Bytes);
            print(report);
            return report.Findings.IsEmpty ? ExitCode.Done : ExitCode.Found;
        }
        catch (CommandFailure e)
        {
            CommandLine.WriteError(e.Message);
            return e.ExitCode;
        }
    }

    private static string Text(string prefix, CheckReport report) => string.Concat(report.Findings.Select(finding =>
        $"{prefix}{FindingText.Line(finding)}\n"
        + (FindingText.Command(finding.Remedy) is { } hint ? $"    {PrintableText.Of(hint)}\n" : "")));
}

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
