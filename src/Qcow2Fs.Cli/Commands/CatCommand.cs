using System.CommandLine;
using Qcow2Fs.View;
using Qcow2Fs.View.Nodes;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Writes a file of the tree to standard output, byte for byte.</summary>
internal static class CatCommand
{
    public static Command Build()
    {
        var image = Words.Image();
        var path = Words.PathInImage();
        var command = new Command("cat", "Print a file of the tree, byte for byte.") { image, path };
        command.SetAction(parsed =>
        {
            using var opened = OpenImage.ToRead(parsed.GetRequiredValue(image));
            var where = parsed.GetRequiredValue(path);
            ReadOnlyMemory<byte> content = default;
            OpenImage.Do(where, () => content = Read(opened.Tree, where));
            using var output = Console.OpenStandardOutput();
            output.Write(content.Span);
            return ExitCode.Done;
        });
        return command;
    }

    private static ReadOnlyMemory<byte> Read(ImageTree tree, string path)
    {
        switch (tree.Find(Words.Bytes(path)))
        {
            case FileNode file:
                var handle = tree.Open(file, write: false, truncate: false);
                var content = handle.Content;
                handle.Release();
                return content;
            case null:
                throw new CommandFailure($"{path}: there is no such file");
            default:
                throw new CommandFailure($"{path}: it is a directory");
        }
    }
}
