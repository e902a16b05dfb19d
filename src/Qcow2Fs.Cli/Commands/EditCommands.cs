using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Writes a file of the tree, in one commit.</summary>
internal static class WriteCommand
{
    public static void Define(Command command)
    {
        var force = command.AddForce();
        var image = command.AddImage();
        var path = command.AddPath();
        var value = command.AddArgument("VALUE", "The content; - reads standard input.");
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(image), parsed.GetRequiredValue(path), parsed.GetRequiredValue(value), parsed.GetValue(force)));
    }

    private static int Run(string image, string path, string value, bool force)
    {
        using var opened = OpenImage.ToChange(image, force);
        var content = value == "-" ? Arguments.Input() : Arguments.Bytes(value);
        OpenImage.Do(path, () => opened.Tree.Replace(opened.View, Arguments.Bytes(path), content));
        return ExitCode.Done;
    }
}

/// <summary>Removes files of the tree.</summary>
internal static class RmCommand
{
    public static void Define(Command command)
    {
        var force = command.AddForce();
        var image = command.AddImage();
        var paths = command.AddArguments("PATH", "Paths of the tree.");
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), parsed.GetRequiredValue(paths), parsed.GetValue(force)));
    }

    private static int Run(string image, string[] paths, bool force)
    {
        using var opened = OpenImage.ToChange(image, force);
        var status = ExitCode.Done;
        var isChanged = false;
        foreach (var path in paths)
        {
            // As rm(1): a file that cannot be removed does not stop the rest.
            try
            {
                OpenImage.Do(path, () => opened.Tree.Remove(isChanged ? opened.Tree.Read() : opened.View, Arguments.Bytes(path)));
            }
            catch (CommandFailure e)
            {
                CommandLine.WriteError(e.Message);
                status = e.ExitCode;
            }

            isChanged = true;
        }

        return status;
    }
}

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
