using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>The commands that change files of the tree, each in one commit.</summary>
internal static class EditCommands
{
    /// <summary>Writes a file of the tree.</summary>
    public static void DefineWrite(Command command)
    {
        var tellsChange = command.AddFlag("--changed", "Print changed, or same if the image had the value.");
        var image = command.AddImageToChange();
        var path = command.AddPath();
        var value = command.AddArgument("VALUE", "The content; - reads standard input.");
        command.SetAction(parsed =>
        {
            var (name, text) = (parsed.GetRequiredValue(path), parsed.GetRequiredValue(value));
            using var opened = image(parsed);
            var content = text == "-" ? Arguments.Input() : PathText.Encode(text);
            opened.Do(name, () => opened.Tree.Replace(opened.View, PathText.Encode(name), content));
            if (parsed.GetValue(tellsChange))
            {
                using var output = new StreamWriter(StandardStreams.OpenOutput());
                output.Write(opened.Tree.HasChanged ? "changed\n" : "same\n");
            }

            return ExitCode.Done;
        });
    }

    /// <summary>Renames a file of the tree: an extension's magic, a feature's bit.</summary>
    public static void DefineMv(Command command)
    {
        var image = command.AddImageToChange();
        var from = command.AddArgument("FROM", "An extension or a feature bit.");
        var to = command.AddArgument("TO", "Its new name, or the directory to move it to.");
        command.SetAction(parsed =>
        {
            var (source, target) = (parsed.GetRequiredValue(from), parsed.GetRequiredValue(to));
            using var opened = image(parsed);
            opened.Do(source, () => opened.Tree.Rename(
                opened.View, PathText.Encode(source), PathText.Encode(Inside(opened, source, target)), noReplace: false));
            return ExitCode.Done;
        });
    }

    /// <summary>Removes files of the tree.</summary>
    public static void DefineRm(Command command)
    {
        var image = command.AddImageToChange();
        var paths = command.AddArguments("PATH", "Paths of the tree.");
        command.SetAction(parsed =>
        {
            using var opened = image(parsed);
            return Remove(opened, parsed.GetRequiredValue(paths));
        });
    }

    private static string Inside(OpenImage image, string from, string to) =>
        image.Tree.Find(image.View, PathText.Encode(to)) is DirectoryNode
            ? $"{to}/{from.TrimEnd('/')[(from.TrimEnd('/').LastIndexOf('/') + 1)..]}"
            : to;

    private static int Remove(OpenImage image, string[] paths)
    {
        var status = ExitCode.Done;
        var isChanged = false;
        foreach (var path in paths)
        {
            // As rm(1): a file that cannot be removed does not stop the rest.
            try
            {
                image.Do(path, () => image.Tree.Remove(isChanged ? image.Tree.Read() : image.View, PathText.Encode(path)));
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
