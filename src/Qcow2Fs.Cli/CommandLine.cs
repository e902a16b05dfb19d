using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Qcow2Fs.Cli;

/// <summary>Parses the command line, runs the command, and turns every failure into one sentence and an exit status.</summary>
internal static class CommandLine
{
    public const string Program = "qcow2fs";

    public static int Run(string[] args)
    {
        try
        {
            return Execute(Arguments.Exact(args));
        }
        catch (Exception e)
        {
            WriteError(SentenceOf(e));
            return e is CommandFailure failure ? failure.ExitCode : ExitCode.Refused;
        }
    }

    public static void WriteError(string sentence) => StandardStreams.WriteError($"{Program}: {sentence}");

    /// <summary>An exception as the sentence that a user reads.</summary>
    public static string SentenceOf(Exception exception) => exception switch
    {
        FuseException { Error: FuseError.LibraryMissing or FuseError.DeviceMissing or FuseError.HelperMissing } =>
            $"{exception.Message} Without FUSE, {Program} ls, cat, write, rm and mv serve the same tree",
        // Its last word may be a path: a folder is named "." too.
        CommandFailure => exception.Message,
        FuseException or ImageException or TreeException or HeaderException or IOException
            or UnauthorizedAccessException =>
            exception.Message.TrimEnd('.'),
        // A fault of this program. Its type and message are for a bug report; a stack trace would not help the user.
        _ => $"internal error (please report): {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}",
    };

    private static int Execute(string[] args)
    {
        var arguments = ArgumentOrder.Normalize(args);
        if (arguments is not [var name, ..])
        {
            throw new CommandFailure($"no command is given; {Program} --help", ExitCode.WrongUse);
        }

        var row = CommandTable.Find(name);
        if (row is null && name is not ['-', ..])
        {
            var hint = SimilarWord.Hint(name, [.. CommandTable.Rows.Select(known => known.Name)]);
            throw new CommandFailure($"there is no command '{name}'; {hint ?? $"try {Program} --help"}", ExitCode.WrongUse);
        }

        // An argument that starts with @ is an argument and not the name of a file with more of them.
        var parsed = BuildRoot(row).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return FindWrongUse(parsed, arguments) is var (error, advice)
            ? throw new CommandFailure(
                $"{error}; {advice ?? $"try {Program} {(row is null ? "" : row.Name + " ")}--help"}", ExitCode.WrongUse)
            : parsed.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    // Without what the library adds: [directives] and the /h and /? of another system, which are names of files here.
    private static RootCommand BuildRoot(CommandRow? row)
    {
        var root = new RootCommand();
        root.Directives.Clear();
        root.Options.Clear();
        var help = new HelpOption("--help", "-h", "-?");
        root.Add(help);
        if (row is not null)
        {
            root.Add(row.Build());
            return root;
        }

        var version = new VersionOption();
        root.Add(version);
        ProgramHelp.Attach(help, version);
        return root;
    }

    private static (string Error, string? Hint)? FindWrongUse(ParseResult parsed, string[] arguments) =>
        parsed.Action is SynchronousCommandLineAction { ClearsParseErrors: true } ? null
        : Arguments.FindUnknownOption(parsed, arguments) is { } unknown ? ($"there is no option '{unknown}'",
            SimilarWord.Hint(unknown, [.. parsed.CommandResult.Command.Options.Select(option => option.Name)]))
        : parsed.Errors is not [var first, ..] ? null
        : (first.SymbolResult is ArgumentResult { Tokens: [], Argument: var missing } ? $"{missing.Name} is missing"
            : first.Message.ReplaceLineEndings(" ").TrimEnd('.'), null);
}

internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUse = 2;
    public const int Found = 3;
}

/// <summary>A command cannot do what it was asked to. The message is the sentence that the user reads.</summary>
internal sealed class CommandFailure(string message, int exitCode = ExitCode.Refused) : Exception(message)
{
    public int ExitCode => exitCode;
}

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
        return at is >= 0 and <= 3 && IsAtMostAnImage(args[..at]) ? [args[at], .. args[..at], .. args[(at + 1)..]]
            : args is [[not '-', ..] source, _, ..] && CommandTable.Find(source) is null
                && (source.Contains('/') || args.Contains("-o") || LibC.Exists(source)) ? ["mount", .. args]
            : args;
    }

    private static bool MayFollowImage(string argument) => CommandTable.Find(argument) is { Group: CommandGroup.Qcow2Py };

    private static bool IsAtMostAnImage(string[] arguments)
    {
        var others = Array.FindAll(arguments, argument => argument != JsonOption);
        return others is [] || (others is [var image] && CommandTable.Find(image) is null);
    }
}
