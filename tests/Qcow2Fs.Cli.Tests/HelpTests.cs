using System.Globalization;
using System.Text.RegularExpressions;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Cli.Tests;

/// <summary>Help, manual and completion against the program's own table of commands.</summary>
public partial class HelpTests
{
    public static IEnumerable<object[]> Commands => CommandTable.Rows.Select(row => new object[] { row.Name });

    [Fact]
    public void The_help_fits_a_screen_and_has_every_command()
    {
        var help = Program.Run("--help").Expect().Output;
        AssertFits(help);
        Assert.All(Commands, c => Assert.Matches($@"(?m)(^|  ){c[0]}( |$)", help));
        Assert.Equal(help, Program.Run("-h").Expect().Output);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Commands))]
    public void The_help_of_a_command_fits_a_screen(string command)
    {
        var help = Program.Run(command, "--help").Expect().Output;
        AssertFits(help);
        Assert.Contains("Usage:", help);
        Assert.DoesNotContain("--in-background", help);
    }

    /// <summary>The lines "SYNOPSIS: SUMMARY" of a file are those of the table, in its order.</summary>
    [Theory]
    [InlineData("docs/commands.md")]
    [InlineData("completions/qcow2fs.bash")]
    [InlineData("completions/_qcow2fs")]
    [InlineData("completions/qcow2fs.fish")]
    public void Reference_page_and_completions_have_the_synopsis_of_every_command(string file)
    {
        AssertLines(
            CommandTable.Rows.Select(row => $"{ProgramHelp.Synopsis(row.Build())}: {row.Summary}"),
            SynopsisLine().Matches(Read(file)).Select(m => m.Value));
    }

    [Fact]
    public void The_manual_has_the_synopsis_of_every_command_and_an_entry_for_it()
    {
        var page = TroffEscape().Replace(Read("docs/qcow2fs.1").Replace("\\-", "-", StringComparison.Ordinal), "");
        var synopses = CommandTable.Rows.Select(row => ProgramHelp.Synopsis(row.Build())).ToArray();
        var start = page.IndexOf(".SH SYNOPSIS\n", StringComparison.Ordinal);
        var section = page[start..page.IndexOf(".SH DESCRIPTION\n", StringComparison.Ordinal)].Split('\n');
        AssertLines(
            synopses.Select(s => $"qcow2fs {s}"),
            section.Where(line => line.StartsWith("qcow2fs ", StringComparison.Ordinal) && line != "qcow2fs SOURCE MOUNTPOINT [-o OPTS]"));
        Assert.All(synopses, s => Assert.Contains($"\n.TP\n{s}\n", page));
    }

    [Theory]
    [InlineData("completions/_qcow2fs", "\n    {0} '")]
    [InlineData("completions/qcow2fs.fish", " {0} ")]
    public void Completion_describes_every_option(string file, string format)
    {
        var names = CommandTable.Rows.SelectMany(row => row.Build().Options).Where(o => !o.Hidden).Select(o => o.Name).Distinct();
        var text = Read(file);
        Assert.All(names, name => Assert.Contains(string.Format(CultureInfo.InvariantCulture, format, Spelled(name)), text));

        string Spelled(string name) =>
            !file.EndsWith(".fish", StringComparison.Ordinal) ? name
            : name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}"
            : $"-s {name[1..]}";
    }

    [Theory]
    [InlineData("completions/qcow2fs.bash")]
    [InlineData("completions/_qcow2fs")]
    [InlineData("completions/qcow2fs.fish")]
    public void Completion_knows_every_magic(string file)
    {
        Assert.Equal(KnownExtensions.All.Select(known => $"0x{known.Magic:x8}"), Magic().Matches(Read(file)).Select(m => m.Value));
    }

    [Fact]
    public void Summaries_fit_the_help_and_the_completions() =>
        Assert.All(CommandTable.Rows, row => Assert.Matches("^[a-z][^':\"]{1,38}$", row.Summary));

    [Fact]
    public void The_manual_is_good_troff()
    {
        var result = Program.Shell("groff -man -ww -Tutf8 \"$1\" >/dev/null",
            Path.Combine(AppContext.BaseDirectory, "docs/qcow2fs.1")).Expect();
        Assert.Equal("", result.Error);
    }

    [Theory]
    [InlineData("bash -n", "qcow2fs.bash")]
    [InlineData("zsh -n", "_qcow2fs")]
    [InlineData("fish -n", "qcow2fs.fish")]
    public void Completion_is_good_shell(string shell, string file) =>
        Assert.Equal("", Program.Shell($"{shell} \"$1\"", Path.Combine(AppContext.BaseDirectory, "completions", file)).Expect().Error);

    [GeneratedRegex(@"(?m)^[a-z][a-z-]* [A-Z\[][^:\n]*: [a-z].*$")]
    private static partial Regex SynopsisLine();

    [GeneratedRegex(@"\\f.|\\&|(?m)^\.(B|BI|BR) ")]
    private static partial Regex TroffEscape();

    [GeneratedRegex("0x[0-9a-f]{8}")]
    private static partial Regex Magic();

    // Prints all lines when they differ: they are what has to stand there.
    private static void AssertLines(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var lines = string.Join('\n', expected);
        Assert.True(lines == string.Join('\n', actual), $"expected these lines:\n{lines}");
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file));

    private static void AssertFits(string help)
    {
        var lines = help.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 1, 24);
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }
}
