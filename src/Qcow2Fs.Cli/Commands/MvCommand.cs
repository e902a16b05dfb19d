using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Renames a file of the tree: an extension's magic, a feature's bit.</summary>
internal static class MvCommand
{
    public static void Define(Command command)
    {
        var force = command.AddForce();
        var image = command.AddImage();
        var from = command.AddArgument("FROM", "An extension or a feature bit.");
        var to = command.AddArgument("TO", "Its new name, or the directory to move it to.");
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(image), parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(force)));
    }

    private static int Run(string image, string from, string to, bool force)
    {
        using var opened = OpenImage.ToChange(image, force);
        OpenImage.Do(from, () => opened.Tree.Rename(
            opened.View, Arguments.Bytes(from), Arguments.Bytes(Inside(opened, from, to)), noReplace: false));
        return ExitCode.Done;
    }

    private static string Inside(OpenImage image, string from, string to) =>
        image.Tree.Find(image.View, Arguments.Bytes(to)) is DirectoryNode
        ? $"{to}/{from.TrimEnd('/')[(from.TrimEnd('/').LastIndexOf('/') + 1)..]}"
        : to;
}
