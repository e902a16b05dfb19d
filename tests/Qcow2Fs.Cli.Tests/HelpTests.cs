using Qcow2Fs.Codec;

namespace Qcow2Fs.Cli.Tests;

/// <summary>Help, manual and completion against the program's own table of commands.</summary>
public class HelpTests
{
    public static IEnumerable<object[]> Commands => CommandTable.Rows.Select(row => new object[] { row.Name });

    [Fact]
    public void The_help_fits_a_screen_and_has_every_command()
    {
        var help = Program.Run("--help").Expect().Output;
        AssertFits(help);
        Assert.All(Commands, c => Assert.Matches($@"(?m)(^|  ){c[0]} ", help));
        Assert.Equal(help, Program.Run("-h").Expect().Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_help_of_a_command_fits_a_screen(string command)
    {
        var help = Program.Run(command, "--help").Expect().Output;
        AssertFits(help);
        Assert.Contains("Usage:", help);
        Assert.DoesNotContain("--in-background", help);
    }

    [Fact]
    public void The_version_is_a_line() => Assert.Matches(@"^qcow2fs \d+\.\d+\.\d+\n$", Program.Run("--version").Expect().Output);

    [Theory]
    [InlineData("docs/qcow2fs.1")]
    [InlineData("docs/commands.md")]
    [InlineData("completions/qcow2fs.bash")]
    [InlineData("completions/_qcow2fs")]
    [InlineData("completions/qcow2fs.fish")]
    public void Manual_and_completion_know_every_command_and_option(string file)
    {
        var text = Read(file).Replace("\\-", "-", StringComparison.Ordinal);
        var isFish = file.EndsWith(".fish", StringComparison.Ordinal);
        foreach (var command in CommandTable.Rows.Select(row => row.Build()))
        {
            Assert.Contains(command.Name, text);
            foreach (var option in command.Options.Where(o => !o.Hidden).Select(o => o.Name))
            {
                Assert.Contains(!isFish ? option : option.StartsWith("--", StringComparison.Ordinal) ? $"-l {option[2..]}" : $"-s {option[1..]}", text);
            }
        }
    }

    [Theory]
    [InlineData("completions/qcow2fs.bash")]
    [InlineData("completions/_qcow2fs")]
    [InlineData("completions/qcow2fs.fish")]
    public void Completion_knows_every_field(string file) => Assert.All(HeaderFields.All, f => Assert.Contains(f.Name, Read(file)));

    [Fact]
    public void The_manual_is_good_troff()
    {
        var result = Program.Shell("groff -man -ww -Tutf8 \"$1\" >/dev/null", Path.Combine(AppContext.BaseDirectory, "docs/qcow2fs.1")).Expect();
        Assert.Equal("", result.Error);
    }

    [Theory]
    [InlineData("bash -n", "qcow2fs.bash")]
    [InlineData("zsh -n", "_qcow2fs")]
    [InlineData("fish -n", "qcow2fs.fish")]
    public void Completion_is_good_shell(string shell, string file) =>
        Assert.Equal("", Program.Shell($"{shell} \"$1\"", Path.Combine(AppContext.BaseDirectory, "completions", file)).Expect().Error);

    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file));

    private static void AssertFits(string help)
    {
        var lines = help.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 1, 24);
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }
}
