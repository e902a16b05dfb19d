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
