using System.CommandLine;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Writes a file of the tree, in one commit.</summary>
internal static class WriteCommand
{
    public static Command Build(string name)
    {
        var image = Arguments.Image();
        var path = Arguments.PathInImage();
        var value = new Argument<string>("VALUE") { Description = "The content; - takes it from standard input." };
        var force = Arguments.Force();
        var command = new Command(name, "Write a file of the tree, as printf VALUE > PATH in a mount.") { image, path, value, force };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(image), parsed.GetRequiredValue(path), parsed.GetRequiredValue(value), parsed.GetValue(force)));
        return command;
    }

    public static int? RunPlain(string[] words) =>
        words is [var image, var path, var value] ? Run(image, path, value, force: false) : null;

    private static int Run(string image, string path, string value, bool force)
    {
        using var opened = OpenImage.ToChange(image, force);
        var content = Arguments.BytesOrInput(value);
        OpenImage.Do(path, () => opened.Tree.Replace(opened.View, Arguments.Bytes(path), content));
        return ExitCode.Done;
    }
}
