using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Qcow2Fs.Cli;

/// <summary>--help and --version of the program itself. The library's list of commands does not fit a screen of 24 lines.</summary>
internal static class ProgramHelp
{
    private const int Column = 40;
    private const int Width = 80;

    // The informational version goes on with a commit's hash.
    private static string Version => typeof(ProgramHelp).Assembly.GetName().Version!.ToString(3);

    /// <summary>Makes the options print this class's texts.</summary>
    public static void Attach(HelpOption help, VersionOption version)
    {
        help.Action = new Print(() => Text);
        version.Action = new Print(() => $"{CommandLine.Program} {Version}\n");
    }

    /// <summary>A command's name, options and arguments, as in <c>ls [-l] [-p] IMAGE [PATH]</c>. --help is not among them.</summary>
    public static string Synopsis(Command command) => string.Join(' ',
    [
        command.Name,
        .. command.Options.Where(o => !o.Hidden).Select(o => o.HelpName is { } value ? $"[{o.Name} {value}]" : $"[{o.Name}]"),
        .. command.Arguments.Select(NameOf),
    ]);

    private static string NameOf(Argument argument)
    {
        var name = argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name;
        return argument.HasDefaultValue ? $"[{name}]" : name;
    }

    private static string Text =>
        $"""
        qcow2fs: the metadata of a qcow2 image as files, for cat, echo, rm, mv and cp
        {Lines(CommandGroup.Mount)}
        {"SOURCE MOUNTPOINT [-o OPTS]",-Column} mount, as mount(8) calls it

        without FUSE, the same tree (PATH is header/size, extensions/0x12345678, ...):
        {Columns(CommandGroup.WithoutFuse)}

        many images at once (SOURCE is an image or a folder):
        {Lines(CommandGroup.Pool)}

        qcow2.py's commands, also as IMAGE COMMAND ...:
        {Names(CommandGroup.Qcow2Py)}

        COMMAND --help has the details; --version; -- ends the options; man qcow2fs
        exit status: 0 done, 1 refused or failed, 2 wrong use, 3 found something

        """;

    private static string Lines(CommandGroup group) =>
        string.Join('\n', RowsOf(group).Select(row => $"{ShortSynopsis(row, Width - 1 - row.Summary.Length) + " ",-Column} {row.Summary}"));

    private static string Columns(CommandGroup group) =>
        string.Join('\n', RowsOf(group).Select(row => ShortSynopsis(row, Column)).Chunk(2)
            .Select(pair => $"{pair[0],-Column} {pair.ElementAtOrDefault(1)}".TrimEnd()));

    private static string Names(CommandGroup group) =>
        string.Join('\n', RowsOf(group).Select(row => row.Name).Chunk(4).Select(names => string.Join("  ", names)));

    private static IEnumerable<CommandRow> RowsOf(CommandGroup group) => CommandTable.Rows.Where(row => row.Group == group);

    // Without --force, which every command that changes an image has, and without options where the line has no room for them.
    private static string ShortSynopsis(CommandRow row, int width)
    {
        var command = row.Build();
        var synopsis = Synopsis(command).Replace($"[{Arguments.ForceName}] ", "", StringComparison.Ordinal);
        return synopsis.Length <= width ? synopsis : $"{command.Name} [OPTIONS] {string.Join(' ', command.Arguments.Select(NameOf))}";
    }

    private sealed class Print(Func<string> text) : SynchronousCommandLineAction
    {
        // Help is printed whatever stands beside --help.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            using var output = new StreamWriter(StandardStreams.OpenOutput());
            output.Write(text());
            return ExitCode.Done;
        }
    }
}
