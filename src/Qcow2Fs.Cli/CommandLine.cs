using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Qcow2Fs.Cli;

/// <summary>Parses the command line, runs the command, and turns every failure into one sentence and an exit status.</summary>
internal static class CommandLine
{
    public const string Program = "qcow2fs";

    public static int Run(string[] args)
    {
        try
        {
            return Execute(args);
        }
        catch (Exception e)
        {
            WriteError(SentenceOf(e));
            return e is CommandFailure failure ? failure.ExitCode : ExitCode.Refused;
        }
    }

    public static void WriteError(string sentence) => StandardStreams.WriteError($"{Program}: {sentence}");

    private static string SentenceOf(Exception exception) => exception switch
    {
        FuseException { Error: FuseError.LibraryMissing or FuseError.DeviceMissing or FuseError.HelperMissing } =>
            $"{exception.Message} Without FUSE, {Program} ls, cat, write, rm and mv serve the same tree",
        CommandFailure or FuseException or ImageException or TreeException or HeaderException or IOException
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
            throw new CommandFailure($"say a command; {Program} --help", ExitCode.WrongUse);
        }

        var row = CommandTable.Find(name);
        if (row is null && name is not ['-', ..])
        {
            var advice = CommandTable.FindSimilar(name) is { } similar ? $"did you mean {similar}?" : $"try {Program} --help";
            throw new CommandFailure($"there is no command '{name}'; {advice}", ExitCode.WrongUse);
        }

        // An argument that starts with @ is an argument and not the name of a file with more of them.
        var parsed = BuildRoot(row).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return FindWrongUse(parsed, arguments) is { } error
            ? throw new CommandFailure($"{error}; try {Program} {(row is null ? "" : row.Name + " ")}--help", ExitCode.WrongUse)
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

    private static string? FindWrongUse(ParseResult parsed, string[] arguments) =>
        parsed.Action is SynchronousCommandLineAction { ClearsParseErrors: true } ? null
        : Arguments.FindUnknownOption(parsed, arguments) is { } unknown ? $"there is no option '{unknown}'"
        : parsed.Errors is [var first, ..] ? first.Message.ReplaceLineEndings(" ").TrimEnd('.')
        : null;
}
