using System.CommandLine;
using Qcow2Fs.Cli.Dump;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's dump-header and dump-header-exts, with its output to the byte.</summary>
internal static class DumpCommands
{
    public static Command BuildHeader(string name) => Build(name, "Print the header and its extensions, as qcow2.py does.", withFields: true);

    public static Command BuildExtensions(string name) => Build(name, "Print the header extensions, as qcow2.py does.", withFields: false);

    public static int? RunPlainHeader(string[] words) => words is [var image] ? Run(image, withFields: true, asJson: false) : null;

    public static int? RunPlainExtensions(string[] words) => words is [var image] ? Run(image, withFields: false, asJson: false) : null;

    private static Command Build(string name, string description, bool withFields)
    {
        var image = Arguments.Image();
        var asJson = new Option<bool>("-j") { Description = "As JSON." };
        var command = new Command(name, description) { image, asJson };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), withFields, parsed.GetValue(asJson)));
        return command;
    }

    private static int Run(string image, bool withFields, bool asJson)
    {
        using var opened = OpenImage.ToRead(image);
        using var output = new DumpOutput(StandardStreams.OpenOutput());
        var header = new RawHeader(new RawImage(opened.File));
        IDump dump = asJson ? new JsonDump(header, output) : new TextDump(header, output);
        if (withFields)
        {
            dump.Fields();
            output.Line();
        }

        dump.Extensions();
        return dump.IsCutOff
            ? throw new CommandFailure($"{image}: the file ends inside its bitmap directory or a bitmap's table; what there is has been printed")
            : ExitCode.Done;
    }
}
