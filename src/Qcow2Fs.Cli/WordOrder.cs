using System.CommandLine;

namespace Qcow2Fs.Cli;

/// <summary>Other programs' word orders, rewritten to "qcow2fs COMMAND ...".</summary>
internal static class WordOrder
{
    private const string JsonKey = "-j";

    /// <summary>The words of qcow2.py, which says the image first.</summary>
    private static readonly HashSet<string> s_imageFirst =
        ["dump-header", "dump-header-exts", "set-header", "add-header-ext", "add-header-ext-stdio", "del-header-ext", "set-feature-bit"];

    /// <summary>
    /// mount(8) and fstab say <c>qcow2fs SOURCE MOUNTPOINT -o OPTS</c>, without a command, and qcow2.py says
    /// <c>IMAGE COMMAND ...</c>, with its -j anywhere. A source or an image whose name is that of a command is written as
    /// <c>./mount</c>, and so is a mount point that is called like one of qcow2.py's words.
    /// </summary>
    public static string[] Normalize(string[] args, RootCommand root)
    {
        var leading = args.TakeWhile((word, i) => i < 3 && (word == JsonKey || !s_imageFirst.Contains(word))).ToList();
        if (leading.Count < args.Length && s_imageFirst.Contains(args[leading.Count]) && leading.Count(word => word != JsonKey) <= 1
            && !(leading.Find(word => word != JsonKey) is { } first && IsCommand(first, root)))
        {
            return [args[leading.Count], .. leading, .. args[(leading.Count + 1)..]];
        }

        return args is [] or [['-', ..], ..] or [['[', ..], ..] || IsCommand(args[0], root) ? args : ["mount", .. args];
    }

    private static bool IsCommand(string word, RootCommand root) => root.Subcommands.Any(c => c.Name == word);
}
