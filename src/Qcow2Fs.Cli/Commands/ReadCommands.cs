using Mono.Unix.Native;
using Qcow2Fs.Tree.Nodes;
using Qcow2Fs.Tree.Session;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Lists a directory of the tree.</summary>
internal static class LsCommand
{
    private const int NameWidth = 24;

    public static void Define(Command command)
    {
        var isLong = command.AddFlag("-l", "Also print mode, size and a description.");
        var marksDirectories = command.AddFlag("-p", "Print a slash after directories.");
        var image = command.AddImage();
        var path = command.AddArgument("PATH", "A path of the tree.");
        path.DefaultValueFactory = _ => "/";
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(path);
            using var opened = OpenImage.ToRead(parsed.GetRequiredValue(image));
            opened.Do(name, () => List(opened, name, parsed.GetValue(isLong), parsed.GetValue(marksDirectories)));
            return ExitCode.Done;
        });
    }

    private static void List(OpenImage image, string path, bool isLong, bool marksDirectories)
    {
        var (tree, view) = (image.Tree, image.View);
        var node = tree.Find(view, PathText.Encode(path)) ?? throw image.NoSuchFile(path);
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        foreach (var entry in node is DirectoryNode directory ? tree.List(view, directory) : [node])
        {
            var name = PrintableText.Of(entry == node ? path : entry.Name) + (marksDirectories && entry is DirectoryNode ? "/" : "");
            output.Write(isLong ? Line(view, entry, name) : name);
            output.Write('\n');
        }
    }

    private static string Line(ReadView view, Node node, string name)
    {
        var status = ImageTree.Status(view, node);
        var summary = PrintableText.Of(ImageTree.Summary(view, node));
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

/// <summary>Writes a file of the tree to standard output, byte for byte.</summary>
internal static class CatCommand
{
    public static void Define(Command command)
    {
        var image = command.AddImage();
        var path = command.AddPath();
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), parsed.GetRequiredValue(path)));
    }

    private static int Run(string image, string path)
    {
        using var opened = OpenImage.ToRead(image);
        ReadOnlyMemory<byte> content = default;
        opened.Do(path, () =>
        {
            var handle = opened.Tree.Open(opened.View, PathText.Encode(path), write: false, truncate: false)
                ?? throw opened.NoSuchFile(path);
            content = handle.Content;
            handle.Release();
        });
        using var output = StandardStreams.OpenOutput();
        output.Write(content.Span);
        return ExitCode.Done;
    }
}
