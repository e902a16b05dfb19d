using System.CommandLine;
using Qcow2Fs.Check;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Says what QEMU and the specification object to in images.</summary>
internal static class CheckCommand
{
    public static Command Build(string name)
    {
        var images = new Argument<string[]>("IMAGE") { Description = "qcow2 images.", Arity = ArgumentArity.OneOrMore };
        var asJson = new Option<bool>("--json") { Description = "One JSON object a line and image, with QEMU's answers." };
        var command = new Command(name, "Say what QEMU and the specification object to, a finding a line.") { images, asJson };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(images), parsed.GetValue(asJson)));
        return command;
    }

    public static int? RunPlain(string[] words) => words is [] ? null : Run(words, asJson: false);

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
            // That an image could not be looked at counts more than what was found in another.
            status = status == ExitCode.Refused || found == ExitCode.Done ? status : found;
        }

        return status;
    }

    private static int Check(string path, Action<CheckReport> print)
    {
        try
        {
            using var opened = OpenImage.ToRead(path);
            var report = ImageCheck.Run(opened.View.Header, new ImageFileBytes(opened.File));
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
