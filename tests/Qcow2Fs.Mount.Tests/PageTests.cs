using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class PageTests
{
    // As on a terminal: ls makes columns, and bash does not say its line number.
    private const string Shell = """
        cd "$D"; umask 022; PATH="${Q%/*}:$PATH"
        ls() { command ls -C -w 80 -T 0 "$@"; }
        export -f ls
        bash -c "$1" bash 2>&1 | sed 's/^bash: line [0-9]*: /bash: /'
        """;

    /// <summary>Every console block of these pages is run, in order and in one directory, and says what the page says.</summary>
    [Theory]
    [InlineData("README.md", 15)]
    [InlineData("recipes.md", 40)]
    [InlineData("mount.md", 5)]
    public void The_page_shows_real_output(string page, int atLeast)
    {
        using var directory = new TempDirectory();
        // The pages say mount.sh, which builds; here the program is built already.
        File.WriteAllText(directory["mount.sh"], "#!/bin/sh\nmkdir -p \"$2\" && exec qcow2fs mount \"$@\"\n");
        Tool.Run("chmod", "+x", directory["mount.sh"]).Expect();
        var commands = 0;
        try
        {
            foreach (var (command, expected) in ConsolePage.Commands(Path.Combine(AppContext.BaseDirectory, "docs", page)))
            {
                var result = Program.Shell(Shell, [("D", directory.Path)], command);
                Assert.Equal($"$ {command}\n{expected}", $"$ {command}\n{result.Output}");
                commands++;
            }
        }
        finally
        {
            Mounts.Clear(directory["mnt"]);
        }

        Assert.InRange(commands, atLeast, 200);
    }
}
