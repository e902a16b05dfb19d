namespace Qcow2Fs.Cli.Commands;

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
