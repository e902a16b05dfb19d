namespace Qcow2Fs.TestKit;

/// <summary>
/// The commands of a page of the reference and what it says that they print: lines behind <c>$ </c> in blocks marked
/// <c>console</c>. A comment <c>&lt;!-- $ COMMAND --&gt;</c> is a command too, one that readers do not see and that prints nothing.
/// </summary>
public static class ConsolePage
{
    private const string Hidden = "<!-- $ ";

    /// <summary>The commands in their order, each with its output as lines.</summary>
    public static IEnumerable<(string Command, string Expected)> Commands(string path)
    {
        string? command = null;
        var expected = "";
        var isConsole = false;
        foreach (var line in File.ReadLines(path))
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
            else if (!isConsole && line.StartsWith(Hidden, StringComparison.Ordinal))
            {
                yield return (line[Hidden.Length..^" -->".Length], "");
            }
            else if (command is not null)
            {
                expected += line + "\n";
            }
        }
    }
}
