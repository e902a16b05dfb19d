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
            var found = Check(path, report =>
            {
                if (asJson)
                {
                    output.Write(CheckJson.Line(path, report));
                }
                else
                {
                    Print(output, paths.Length == 1 ? "" : $"{path}: ", report);
                }
            });
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

    private static void Print(StreamWriter output, string prefix, CheckReport report)
    {
        foreach (var finding in report.Findings)
        {
            output.Write($"{prefix}{FindingText.Line(finding)}\n");
            if (FindingText.Command(finding.Remedy) is { } hint)
            {
                output.Write($"    {PrintableText.Of(hint)}\n");
            }
        }
    }
}
