using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Fuse3;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;
using Qcow2Fs.Tree;

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
        catch (CommandFailure e)
        {
            WriteError(e.Message);
            return e.ExitCode;
        }
        catch (FuseException e) when (e.Error is FuseError.LibraryMissing or FuseError.DeviceMissing or FuseError.HelperMissing)
        {
            WriteError($"{e.Message} Without FUSE, {Program} ls, cat, write, rm and mv serve the same tree");
            return ExitCode.Refused;
        }
        catch (Exception e) when (e is FuseException or ImageException or TreeException or HeaderException or IOException or UnauthorizedAccessException)
        {
            WriteError(e.Message.TrimEnd('.'));
            return ExitCode.Refused;
        }
        catch (Exception e)
        {
            // A fault of this program. Its type and message are for a bug report; a stack trace would not help the user.
            WriteError($"internal error (please report): {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Refused;
        }
    }

    public static void WriteError(string sentence) => StandardStreams.WriteError($"{Program}: {sentence}");

    private static int Execute(string[] args)
    {
        var arguments = ArgumentOrder.Normalize(args);
        var row = arguments is [var name, ..] ? CommandTable.Find(name) : throw new CommandFailure($"say a command; {Program} --help", ExitCode.WrongUse);
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
