using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

[Trait("Category", "Slow")]
public class ReferencePageTests
{
    /// <summary>Every console block of these pages is run, in order and in one directory, and says what the page says.</summary>
    [Theory]
    [InlineData("commands.md", 20)]
    [InlineData("tables.md", 9)]
    [InlineData("map.md", 8)]
    [InlineData("rescue.md", 9)]
    public void The_page_shows_real_output(string page, int atLeast)
    {
        using var directory = new TempDirectory();
        var commands = 0;
        foreach (var (command, expected) in ConsolePage.Commands(Path.Combine(AppContext.BaseDirectory, "docs", page)))
        {
            var result = Program.Shell("umask 022; cd \"$1\"; exec 2>&1; eval \"$2\"; exit 0", directory.Path, command).Expect();
            Assert.Equal($"$ {command}\n{expected}", $"$ {command}\n{result.Output}");
            commands++;
        }

        Assert.InRange(commands, atLeast, 200);
    }
}
