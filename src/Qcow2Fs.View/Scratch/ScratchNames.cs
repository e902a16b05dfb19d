using System.Text.RegularExpressions;

namespace Qcow2Fs.View.Scratch;

/// <summary>
/// The temporary names of well-known tools: what they create beside a file before they rename it over the file. Only
/// these may be made up; any other unknown name is a typing error.
/// </summary>
internal static partial class ScratchNames
{
    public static bool IsScratch(string name) => Pattern().IsMatch(name);

    /// <summary>What busybox sed -i works on when it makes a file of this name: NAME for NAMEXXXXXX; null for other names.</summary>
    public static string? WithoutRandomEnd(string name) => RandomEnd().Match(name) is { Success: true } end ? name[..end.Index] : null;

    [GeneratedRegex("(?<=.)[A-Za-z0-9]{6}$", RegexOptions.CultureInvariant)]
    private static partial Regex RandomEnd();

    [GeneratedRegex("""
        ^(
          sed[A-Za-z0-9]{6}                 # sed -i
        | XX[A-Za-z0-9]{6}                  # perl -i
        | tmp[a-z0-9_]{8}                   # python's tempfile
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
