using System.CommandLine;
using Qcow2Fs.Cli.Dump;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's dump-header and dump-header-exts, with its output to the byte.</summary>
internal static class DumpCommands
{
    public static Command BuildHeader() => Build("dump-header", "Print the header and its extensions, as qcow2.py does.", withFields: true);

    public static Command BuildExtensions() => Build("dump-header-exts", "Print the header extensions, as qcow2.py does.", withFields: false);

    private static Command Build(string name, string description, bool withFields)
    {
        var image = Words.Image();
        var asJson = new Option<bool>("-j") { Description = "As JSON." };
        var command = new Command(name, description) { image, asJson };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(image);
            using var opened = OpenImage.ToRead(path);
            using var output = new DumpOutput(Console.OpenStandardOutput());
            var header = new RawHeader(new RawImage(opened.File));
            IDump dump = parsed.GetValue(asJson) ? new JsonDump(header, output) : new TextDump(header, output);
            if (withFields)
            {
                dump.Fields();
                output.Line();
            }

            dump.Extensions();
            return dump.IsCutOff
                ? throw new CommandFailure($"{path}: the file ends inside its bitmap directory or a bitmap's table; what there is has been printed")
                : ExitCode.Done;
        });
        return command;
    }
}
