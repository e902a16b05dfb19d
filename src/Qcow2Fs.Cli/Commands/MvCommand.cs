using System.CommandLine;
using Qcow2Fs.View;
using Qcow2Fs.View.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Renames a file of the tree: an extension's magic, a feature's bit.</summary>
internal static class MvCommand
{
    public static Command Build()
    {
        var image = Words.Image();
        var from = Words.PathInImage("FROM", "An extension or a feature bit.");
        var to = Words.PathInImage("TO", "Its new name, or the directory to move it to.");
        var force = Words.Force();
        var command = new Command("mv", "Give an extension another magic, or a feature another bit.") { image, from, to, force };
        command.SetAction(parsed =>
        {
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            var (old, target) = (parsed.GetRequiredValue(from), parsed.GetRequiredValue(to));
            OpenImage.Do(old, () => opened.Tree.Rename(Words.Bytes(old), Words.Bytes(Inside(opened.Tree, old, target)), noReplace: false));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Inside(ImageTree tree, string from, string to) => tree.Find(Words.Bytes(to)) is DirectoryNode
        ? $"{to}/{from.TrimEnd('/')[(from.TrimEnd('/').LastIndexOf('/') + 1)..]}"
        : to;
}
