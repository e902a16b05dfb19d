using System.CommandLine;
using System.CommandLine.Invocation;
using Qcow2Fs.Cli.Commands;
using Qcow2Fs.Codec;
using Qcow2Fs.Fuse;
using Qcow2Fs.Image;
using Qcow2Fs.View;

namespace Qcow2Fs.Cli;

/// <summary>The program's words: parses them, runs the command, and turns every failure into one sentence and an exit status.</summary>
internal static class CommandLine
{
    public const string Program = "qcow2fs";

    /// <summary>The commands, in the order in which the help has them.</summary>
    public static RootCommand BuildRoot()
    {
        var root = new RootCommand("QEMU's qcow2 header as files: cat, echo, ls, rm, mv and cp change it.")
        {
            MountCommand.Build(),
            UmountCommand.Build(),
            LsCommand.Build(),
            CatCommand.Build(),
            WriteCommand.Build(),
            RmCommand.Build(),
            MvCommand.Build(),
            CheckCommand.Build(),
            CreateCommand.Build(),
            DumpCommands.BuildHeader(),
            DumpCommands.BuildExtensions(),
            HeaderCommands.BuildSetHeader(),
            ExtensionCommands.BuildAdd(),
            ExtensionCommands.BuildAddStdio(),
            ExtensionCommands.BuildDelete(),
            HeaderCommands.BuildSetFeatureBit(),
        };
        ProgramHelp.Attach(root);
        return root;
    }

    public static int Run(string[] args)
    {
        try
        {
            return Run(args, BuildRoot());
        }
        catch (CommandFailure e)
        {
            Say(e.Message);
            return e.ExitCode;
        }
        catch (FuseException e) when (e.Error is FuseError.LibraryMissing or FuseError.DeviceMissing or FuseError.HelperMissing)
        {
            Say($"{e.Message} Without FUSE, {Program} ls, cat, write, rm and mv serve the same tree");
            return ExitCode.Refused;
        }
        catch (Exception e) when (e is FuseException or ImageException or RefusedException or HeaderException or IOException or UnauthorizedAccessException)
        {
            Say(e.Message.TrimEnd('.'));
            return ExitCode.Refused;
        }
        catch (Exception e)
        {
            // A fault of this program. A trace would tell the user nothing; the kind and the sentence are for a report.
            Say($"this should not have happened: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Refused;
        }
    }

    public static void Say(string sentence) => Console.Error.WriteLine($"{Program}: {sentence}");

    private static string? WrongUse(ParseResult parsed, string[] words) =>
        parsed.Action is SynchronousCommandLineAction { ClearsParseErrors: true } ? null
        : Words.FindUnknownOption(parsed, words) is { } unknown ? $"there is no option '{unknown}'"
        : parsed.Errors is [var first, ..] ? first.Message.ReplaceLineEndings(" ").TrimEnd('.')
        : null;

    private static int Run(string[] args, RootCommand root)
    {
        if (args is [[not ('-' or '['), ..] word] && !root.Subcommands.Any(c => c.Name == word))
        {
            throw new CommandFailure($"there is no command '{word}'; try {Program} --help", ExitCode.WrongUse);
        }

        // A value that starts with @ is a value and not the name of a file with more words.
        var words = WordOrder.Normalize(args, root);
        var parsed = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (WrongUse(parsed, words) is { } error)
        {
            var command = parsed.CommandResult.Command is RootCommand ? Program : $"{Program} {parsed.CommandResult.Command.Name}";
            throw new CommandFailure($"{error}; try {command} --help", ExitCode.WrongUse);
        }

        return parsed.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
