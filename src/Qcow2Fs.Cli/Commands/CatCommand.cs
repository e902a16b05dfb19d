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
        OpenImage.Do(path, () => content = Read(opened, path));
        using var output = StandardStreams.OpenOutput();
        output.Write(content.Span);
        return ExitCode.Done;
    }

    private static ReadOnlyMemory<byte> Read(OpenImage image, string path)
    {
        var handle = image.Tree.Open(image.View, Arguments.Bytes(path), write: false, truncate: false)
            ?? throw new CommandFailure($"{path}: no such file in the image tree");
        var content = handle.Content;
        handle.Release();
        return content;
    }
}
