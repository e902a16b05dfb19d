using System.Text.RegularExpressions;

namespace Qcow2Fs.Tree.Scratch;

/// <summary>
/// The temporary names of well-known tools: what they create beside a file before they rename it over the file. Only
/// these may be made up; any other unknown name is a typing error.
/// </summary>
internal static partial class ScratchNames
{
    private const int RandomLength = 6;

    public static bool IsScratch(string name) => Pattern().IsMatch(name);

    /// <summary>The name to which mkstemp(3) has appended its characters, if it has.</summary>
    public static string? CopiedFrom(string name) =>
        name.Length > RandomLength && name[^RandomLength..].All(char.IsAsciiLetterOrDigit) ? name[..^RandomLength] : null;

    [GeneratedRegex("""
        ^(
          sed[A-Za-z0-9]{6}                 # sed -i
        | XX[A-Za-z0-9]{6}                  # perl -i
        | tmp([a-z0-9_]{8}|[A-Za-z0-9]{6})  # python's tempfile, emacs with file-precious-flag
        | \.goutputstream-[A-Za-z0-9]{6}    # GLib
        | \..+\.[A-Za-z0-9]{6}              # rsync, and mktemp after it
        | \..+\.sw[a-z]x?                   # vim's swap file
        | 4913 | 5036                       # vim tries whether it may create files
        | .+~                               # backups of vim, emacs, nano
        | .+\.(bak|orig|tmp|new)            # backups of sed -i.bak and perl -i.bak, shell scripts
        | \#.+\# | \.\#.+                   # emacs' auto-save and lock
        )$
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
