using System.CommandLine;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Writes a file of the tree to standard output, byte for byte.</summary>
internal static class CatCommand
{
    public static Command Build(string name)
    {
        var image = Arguments.Image();
        var path = Arguments.PathInImage();
        var command = new Command(name, "Print a file of the tree, byte for byte.") { image, path };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), parsed.GetRequiredValue(path)));
        return command;
    }

    public static int? RunPlain(string[] words) => words is [var image, var path] ? Run(image, path) : null;

    private static int Run(string image, string path)
    {
        using var opened = OpenImage.ToRead(image);
        ReadOnlyMemory<byte> content = default;
        OpenImage.Do(path, () => content = Read(opened, path));
        using var output = StandardStreams.OpenOutput();
        output.Write(content.Span);
        return ExitCode.Done;
    }

    private static ReadOnlyMemory<byte> Read(OpenImage image, string path)
    {
        var handle = image.Tree.Open(image.View, Arguments.Bytes(path), write: false, truncate: false)
            ?? throw new CommandFailure($"{path}: there is no such file");
        var content = handle.Content;
        handle.Release();
        return content;
    }
}
