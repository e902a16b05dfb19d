namespace Qcow2Fs.Cli;

/// <summary>Other programs' orders of arguments, rewritten to "qcow2fs COMMAND ...".</summary>
internal static class ArgumentOrder
{
    private const string JsonOption = "-j";

    /// <summary>
    /// Puts the command first. mount(8) calls <c>qcow2fs SOURCE MOUNTPOINT -o OPTS</c>, without a command; qcow2.py takes
    /// <c>IMAGE COMMAND ...</c>, and its -j anywhere. A source or an image that is named like a command is written as
    /// <c>./mount</c>, and so is a mount point that is named like one of qcow2.py's commands.
    /// </summary>
    /// <remarks>
    /// A first argument that is no command is a SOURCE only if there is such a file, if it can only be one because of a slash, or if -o
    /// follows, as mount(8) calls: anything else is a command that was mistyped.
    /// </remarks>
    public static string[] Normalize(string[] args)
    {
        var at = Array.FindIndex(args, MayFollowImage);
        if (at is >= 0 and <= 3 && IsAtMostAnImage(args[..at]))
        {
            return [args[at], .. args[..at], .. args[(at + 1)..]];
        }

        return args is [[not '-', ..] source, _, ..] && CommandTable.Find(source) is null
            && (source.Contains('/') || args.Contains("-o") || Path.Exists(source))
            ? ["mount", .. args]
            : args;
    }

    private static bool MayFollowImage(string argument) => CommandTable.Find(argument) is { Group: CommandGroup.Qcow2Py };

    private static bool IsAtMostAnImage(string[] arguments)
    {
        var others = Array.FindAll(arguments, argument => argument != JsonOption);
        return others is [] || (others is [var image] && CommandTable.Find(image) is null);
    }
}
