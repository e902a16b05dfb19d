using System.CommandLine;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Writes a file of the tree, in one commit.</summary>
internal static class WriteCommand
{
    public static Command Build()
    {
        var image = Words.Image();
        var path = Words.PathInImage();
        var value = new Argument<string>("VALUE") { Description = "The content; - takes it from standard input." };
        var force = Words.Force();
        var command = new Command("write", "Write a file of the tree, as printf VALUE > PATH in a mount.") { image, path, value, force };
        command.SetAction(parsed =>
        {
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            var where = parsed.GetRequiredValue(path);
            var content = Words.BytesOrInput(parsed.GetRequiredValue(value));
            OpenImage.Do(where, () => opened.Tree.Replace(Words.Bytes(where), content));
            return ExitCode.Done;
        });
        return command;
    }
}
