using System.CommandLine;
using System.CommandLine.Invocation;
using Fuse3;
using Qcow2Fs.Cli.Commands;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;
using Qcow2Fs.Tree;

namespace Qcow2Fs.Cli;

/// <summary>The program's words: parses them, runs the command, and turns every failure into one sentence and an exit status.</summary>
internal static class CommandLine
{
    public const string Program = "qcow2fs";

    // In the order in which the help has them.
    private static readonly ProgramCommand[] s_commands =
    [
        new("mount", MountCommand.Build, MountCommand.RunPlain),
        new("umount", UmountCommand.Build),
        new("ls", LsCommand.Build, LsCommand.RunPlain),
        new("cat", CatCommand.Build, CatCommand.RunPlain),
        new("write", WriteCommand.Build, WriteCommand.RunPlain),
        new("rm", RmCommand.Build, RmCommand.RunPlain),
        new("mv", MvCommand.Build, MvCommand.RunPlain),
        new("check", CheckCommand.Build, CheckCommand.RunPlain),
        new("create", CreateCommand.Build),
        new("dump-header", DumpCommands.BuildHeader, DumpCommands.RunPlainHeader),
        new("dump-header-exts", DumpCommands.BuildExtensions, DumpCommands.RunPlainExtensions),
        new("set-header", HeaderCommands.BuildSetHeader),
        new("add-header-ext", ExtensionCommands.BuildAdd),
        new("add-header-ext-stdio", ExtensionCommands.BuildAddStdio),
        new("del-header-ext", ExtensionCommands.BuildDelete),
        new("set-feature-bit", HeaderCommands.BuildSetFeatureBit),
    ];

    /// <summary>Whether a word is the name of a command.</summary>
    public static bool IsCommand(string word) => Find(word) is not null;

    /// <summary>The parser of the words.</summary>
    /// <param name="only">The one command that is needed, as building all takes a while; null for all.</param>
    public static RootCommand BuildRoot(ProgramCommand? only = null)
    {
        var root = new RootCommand("QEMU's qcow2 header as files: cat, echo, ls, rm, mv and cp change it.");
        foreach (var command in only is null ? s_commands : [only])
        {
            root.Add(command.Build(command.Name));
        }

        ProgramHelp.Attach(root);
        return root;
    }

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
            // A fault of this program. A trace would tell the user nothing; the kind and the sentence are for a report.
            WriteError($"this should not have happened: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Refused;
        }
    }

    public static void WriteError(string sentence) => StandardStreams.WriteError($"{Program}: {sentence}");

    private static string? WrongUse(ParseResult parsed, string[] words) =>
        parsed.Action is SynchronousCommandLineAction { ClearsParseErrors: true } ? null
        : Arguments.FindUnknownOption(parsed, words) is { } unknown ? $"there is no option '{unknown}'"
        : parsed.Errors is [var first, ..] ? first.Message.ReplaceLineEndings(" ").TrimEnd('.')
        : null;

    private static int Execute(string[] args)
    {
        if (args is [[not ('-' or '['), ..] word] && !IsCommand(word))
        {
            throw new CommandFailure($"there is no command '{word}'; try {Program} --help", ExitCode.WrongUse);
        }

        var words = ArgumentOrder.Normalize(args);
        var command = words is [var name, ..] ? Find(name) : null;
        return command?.RunWithoutParser(words) ?? Parse(words, command);
    }

    private static ProgramCommand? Find(string name) => Array.Find(s_commands, c => c.Name == name);

    private static int Parse(string[] words, ProgramCommand? only)
    {
        // A value that starts with @ is a value and not the name of a file with more words.
        var parsed = BuildRoot(only).Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (WrongUse(parsed, words) is { } error)
        {
            var command = parsed.CommandResult.Command is RootCommand ? Program : $"{Program} {parsed.CommandResult.Command.Name}";
            throw new CommandFailure($"{error}; try {command} --help", ExitCode.WrongUse);
        }

        return parsed.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
