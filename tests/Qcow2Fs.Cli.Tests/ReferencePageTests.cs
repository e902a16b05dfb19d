using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

public class ReferencePageTests
{
    /// <summary>Every console block of the page is run, in order and in one directory, and says what the page says.</summary>
    [Fact]
    public void The_page_shows_real_output()
    {
        using var directory = new TempDirectory();
        var commands = 0;
        foreach (var (command, expected) in Commands(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs/commands.md"))))
        {
            var result = Program.Shell("umask 022; cd \"$1\"; exec 2>&1; eval \"$2\"; exit 0", directory.Path, command).Expect();
            Assert.Equal($"$ {command}\n{expected}", $"$ {command}\n{result.Output}");
            commands++;
        }

        Assert.InRange(commands, 20, 200);
    }

    private static IEnumerable<(string Command, string Expected)> Commands(IEnumerable<string> page)
    {
        string? command = null;
        var expected = "";
        var isConsole = false;
        foreach (var line in page)
        {
            if (command is not null && (line == "```" || line.StartsWith("$ ", StringComparison.Ordinal)))
            {
                yield return (command, expected);
                command = null;
            }

            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isConsole = line == "```console";
            }
            else if (isConsole && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                (command, expected) = (line[2..], "");
            }
            else if (command is not null)
            {
                expected += line + "\n";
            }
        }
    }
}
