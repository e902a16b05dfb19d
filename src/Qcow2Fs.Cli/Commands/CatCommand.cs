using System.CommandLine;
using Qcow2Fs.Tree;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Cli.Commands;

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
        OpenImage.Do(path, () => content = Read(opened.Tree, path));
        using var output = StandardStreams.OpenOutput();
        output.Write(content.Span);
        return ExitCode.Done;
    }

    private static ReadOnlyMemory<byte> Read(ImageTree tree, string path)
    {
        switch (tree.Find(Arguments.Bytes(path)))
        {
            case FileNode file:
                var handle = tree.Open(file, write: false, truncate: false);
                var content = handle.Content;
                handle.Release();
                return content;
            case null:
                throw new CommandFailure($"{path}: no such file in the image tree");
            default:
                throw new CommandFailure($"{path} is a directory");
        }
    }
}
