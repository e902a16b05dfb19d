using System.CommandLine;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Removes files of the tree.</summary>
internal static class RmCommand
{
    public static Command Build()
    {
        var image = Words.Image();
        var paths = new Argument<string[]>("PATH") { Description = "Paths of the tree.", Arity = ArgumentArity.OneOrMore };
        var force = Words.Force();
        var command = new Command("rm", "Remove files of the tree: extensions, features, the backing file's name.") { image, paths, force };
        command.SetAction(parsed =>
        {
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            var status = ExitCode.Done;
            foreach (var path in parsed.GetRequiredValue(paths))
            {
                // As rm(1): what cannot be removed does not keep the others.
                try
                {
                    OpenImage.Do(path, () => opened.Tree.Remove(Words.Bytes(path)));
                }
                catch (CommandFailure e)
                {
                    CommandLine.Say(e.Message);
                    status = e.ExitCode;
                }
            }

            return status;
        });
        return command;
    }
}
