using System.CommandLine;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Removes files of the tree.</summary>
internal static class RmCommand
{
    public static Command Build(string name)
    {
        var image = Arguments.Image();
        var paths = new Argument<string[]>("PATH") { Description = "Paths of the tree.", Arity = ArgumentArity.OneOrMore };
        var force = Arguments.Force();
        var command = new Command(name, "Remove files of the tree: extensions, features, the backing file's name.") { image, paths, force };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), parsed.GetRequiredValue(paths), parsed.GetValue(force)));
        return command;
    }

    public static int? RunPlain(string[] words) => words is [var image, _, ..] ? Run(image, words[1..], force: false) : null;

    private static int Run(string image, string[] paths, bool force)
    {
        using var opened = OpenImage.ToChange(image, force);
        var status = ExitCode.Done;
        var isChanged = false;
        foreach (var path in paths)
        {
            // As rm(1): what cannot be removed does not keep the others.
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
