using System.CommandLine;
using System.Globalization;
using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Lists a directory of the tree.</summary>
internal static class LsCommand
{
    private const int NameWidth = 24;

    private const string Root = "/";

    public static Command Build(string name)
    {
        var image = Arguments.Image();
        var path = new Argument<string>("PATH") { Description = "A path of the tree; its root if left out.", DefaultValueFactory = _ => Root };
        var isLong = new Option<bool>("-l") { Description = "With mode, size and what it is." };
        var marksDirectories = new Option<bool>("-p") { Description = "With a / behind directories." };
        var command = new Command(name, "List the tree of an image, as in a mount.") { image, path, isLong, marksDirectories };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(image), parsed.GetRequiredValue(path), parsed.GetValue(isLong), parsed.GetValue(marksDirectories)));
        return command;
    }

    public static int? RunPlain(string[] words) => words switch
    {
        [var image] => Run(image, Root, isLong: false, marksDirectories: false),
        [var image, var path] => Run(image, path, isLong: false, marksDirectories: false),
        _ => null,
    };

    private static int Run(string image, string path, bool isLong, bool marksDirectories)
    {
        using var opened = OpenImage.ToRead(image);
        OpenImage.Do(path, () => List(opened.Tree, path, isLong, marksDirectories));
        return ExitCode.Done;
    }

    private static void List(ImageTree tree, string path, bool isLong, bool marksDirectories)
    {
        // One look at the image for all: a line of its own takes two, and a list has up to 262,000.
        using var now = tree.View.Now();
        var node = tree.Find(Arguments.Bytes(path)) ?? throw new CommandFailure($"{path}: there is no such file or directory");
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        foreach (var entry in node is DirectoryNode directory ? tree.List(directory) : [node])
        {
            var name = PrintableText.Of(entry == node ? path : entry.Name) + (marksDirectories && entry is DirectoryNode ? "/" : "");
            output.Write(isLong ? Line(tree, entry, name) : name);
            output.Write('\n');
        }
    }

    private static string Line(ImageTree tree, Node node, string name)
    {
        var status = tree.Status(node);
        var summary = PrintableText.Of(tree.Summary(node));
        var size = status.IsDirectory ? "-" : status.Size.ToString(CultureInfo.InvariantCulture);
        return $"{Mode(status)} {size,8} {(summary.Length == 0 ? name : name.PadRight(NameWidth))} {summary}".TrimEnd();
    }

    private static string Mode(NodeStatus status)
    {
        const string Letters = "rwxrwxrwx";
        var bits = (int)(status.Mode & FilePermissions.ACCESSPERMS);
        return (status.IsDirectory ? "d" : "-") + string.Concat(Letters.Select((letter, i) => (bits & (1 << (8 - i))) != 0 ? letter : '-'));
    }
}
