using Qcow2Fs.Cli.Dump;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's dump-header and dump-header-exts, with its output to the byte.</summary>
internal static class DumpCommands
{
    public static void DefineHeader(Command command) => Define(command, withFields: true);

    public static void DefineExtensions(Command command) => Define(command, withFields: false);

    private static void Define(Command command, bool withFields)
    {
        var asJson = command.AddFlag("-j", "Print JSON.");
        var image = command.AddImage();
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), withFields, parsed.GetValue(asJson)));
    }

    private static int Run(string image, bool withFields, bool asJson)
    {
        using var opened = OpenImage.ToRead(image);
        using var output = new DumpOutput(StandardStreams.OpenOutput());
        var header = new RawHeader(new RawImage(opened.File));
        if (asJson)
        {
            new JsonDump(header, output).Print(withFields);
        }
        else
        {
            new TextDump(header, output).Print(withFields);
        }

        return header.Image.IsCutOff
            ? throw new CommandFailure($"{image}: the file ends inside its bitmap directory or a bitmap table; all before that was printed")
            : ExitCode.Done;
    }
}
