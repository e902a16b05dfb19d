using System.CommandLine;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Renames a file of the tree: an extension's magic, a feature's bit.</summary>
internal static class MvCommand
{
    public static Command Build(string name)
    {
        var image = Arguments.Image();
        var from = Arguments.PathInImage("FROM", "An extension or a feature bit.");
        var to = Arguments.PathInImage("TO", "Its new name, or the directory to move it to.");
        var force = Arguments.Force();
        var command = new Command(name, "Give an extension another magic, or a feature another bit.") { image, from, to, force };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(image), parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(force)));
        return command;
    }

    public static int? RunPlain(string[] words) => words is [var image, var from, var to] ? Run(image, from, to, force: false) : null;

    private static int Run(string image, string from, string to, bool force)
    {
        using var opened = OpenImage.ToChange(image, force);
        OpenImage.Do(from, () => opened.Tree.Rename(
            opened.View, Arguments.Bytes(from), Arguments.Bytes(Inside(opened, from, to)), noReplace: false));
        return ExitCode.Done;
    }

    private static string Inside(OpenImage image, string from, string to) => image.Tree.Find(image.View, Arguments.Bytes(to)) is DirectoryNode
        ? $"{to}/{from.TrimEnd('/')[(from.TrimEnd('/').LastIndexOf('/') + 1)..]}"
        : to;
}
