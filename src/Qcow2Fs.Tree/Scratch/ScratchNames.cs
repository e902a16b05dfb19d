using System.Text.RegularExpressions;

namespace Qcow2Fs.Tree.Scratch;

/// <summary>
/// The temporary names of well-known tools: what they create beside a file before they rename it over the file. Only
/// these may be made up; any other unknown name is a typing error.
/// </summary>
internal static partial class ScratchNames
{
    private const int RandomLength = 6;

    private static readonly SearchValues<byte> s_letters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static bool IsScratch(ReadOnlySpan<byte> name) => Pattern().IsMatch(Encoding.Latin1.GetString(name));

    /// <summary>The name to which mkstemp(3) has appended its characters; empty if it has not.</summary>
    public static ReadOnlySpan<byte> CopiedFrom(ReadOnlySpan<byte> name) =>
        name.Length > RandomLength && !name[^RandomLength..].ContainsAnyExcept(s_letters) ? name[..^RandomLength] : default;

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
        )\z
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Pattern();
}
