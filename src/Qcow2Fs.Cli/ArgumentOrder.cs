namespace Qcow2Fs.Cli;

/// <summary>Other programs' word orders, rewritten to "qcow2fs COMMAND ...".</summary>
internal static class ArgumentOrder
{
    private const string JsonKey = "-j";

    /// <summary>
    /// mount(8) and fstab say <c>qcow2fs SOURCE MOUNTPOINT -o OPTS</c>, without a command, and qcow2.py says
    /// <c>IMAGE COMMAND ...</c>, with its -j anywhere. A source or an image whose name is that of a command is written as
    /// <c>./mount</c>, and so is a mount point that is called like one of qcow2.py's words.
    /// </summary>
    public static string[] Normalize(string[] args)
    {
        var at = Array.FindIndex(args, ComesBehindImage);
        if (at is >= 0 and <= 3 && IsAtMostAnImage(args[..at]))
        {
            return [args[at], .. args[..at], .. args[(at + 1)..]];
        }

        return args is [] or [['-', ..], ..] or [['[', ..], ..] || CommandLine.IsCommand(args[0]) ? args : ["mount", .. args];
    }

    private static bool ComesBehindImage(string word) => word
        is "dump-header" or "dump-header-exts" or "set-header" or "add-header-ext" or "add-header-ext-stdio" or "del-header-ext" or "set-feature-bit";

    private static bool IsAtMostAnImage(string[] words)
    {
        var others = Array.FindAll(words, word => word != JsonKey);
        return others is [] || (others is [var image] && !CommandLine.IsCommand(image));
    }
}
