namespace Qcow2Fs.Tree;

/// <summary>Findings as text for people.</summary>
public static class FindingText
{
    private const string Program = "qcow2fs";

    private static readonly string s_bitmaps = TreePath.Of(new Subject.HeaderExtension(ExtensionMagic.Bitmaps));

    /// <summary>A line without its newline: severity, path, sentence, rule. Control characters are replaced.</summary>
    public static string Line(Finding finding) =>
        PrintableText.Of($"{finding.Severity.ToText()}: {TreePath.Of(finding.Subject)}: {finding.Sentence} [{finding.Rule}]");

    /// <summary>
    /// The remedy as a command of a shell, which works without a mount. Capitals stand for what only the user knows. There is no control
    /// character in it.
    /// </summary>
    /// <param name="remedy">What to do; null for nothing, and then there is no command.</param>
    /// <param name="image">The image's path as bytes; null for the word IMAGE.</param>
    public static string? Command(Remedy? remedy, ReadOnlySpan<byte> image)
    {
        var file = ShellWord.OfPath(image);
        return remedy switch
        {
            null => null,
            Remedy.Repair repair => Repair(repair, file),
            Remedy.Remove { Subject: var subject, Then: var then } =>
                $"{Program} rm {file} {Path(subject)}{(then is null ? "" : $" && {Repair(then, file)}")}",
            Remedy.Create { Subject: var subject } => $"{Program} write {file} {Path(subject)} ''",
            Remedy.Write { Subject: var subject, Value: var value, Forced: var forced } =>
                $"{Program} write {(forced ? "--force " : "")}{file} {Path(subject)} {value}",
            Remedy.RemoveBitmap { Bitmap: var bitmap } =>
                $"qemu-img bitmap --remove {file} {(bitmap.Name is { } name ? ShellWord.Of(name.Span) : "NAME")}",
            _ => throw new UnreachableException(),
        };
    }

    private static string Repair(Remedy.Repair repair, string file) =>
        (repair.DropsBitmaps ? $"{Program} rm {file} {s_bitmaps} && " : "") + $"qemu-img check -r all {file}";

    private static string Path(Subject subject) => ShellWord.Of(Encoding.UTF8.GetBytes(TreePath.Of(subject)));
}

/// <summary>Bytes as one word of a shell.</summary>
public static class ShellWord
{
    private const string Safe = "%+,-./:=@_";

    /// <summary>
    /// The word: as it is, in single quotes, or, for control characters and what is not UTF-8, in <c>$'...'</c>, which bash, zsh and POSIX
    /// 2024 have.
    /// </summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\ufffd') || text.Any(char.IsControl) ? $"$'{string.Concat(bytes.ToArray().Select(Escaped))}'"
            : text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || Safe.Contains(c)) ? text
            : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>
    /// A file's path as a word that no program takes for an option or, as QEMU does with a colon, for a protocol; IMAGE if there is none.
    /// </summary>
    public static string OfPath(ReadOnlySpan<byte> path) => path.IsEmpty ? "IMAGE"
        : path[0] == '/' || (path[0] != '-' && path.IndexOfAny((byte)':', (byte)'/') is var at && (at < 0 || path[at] == '/')) ? Of(path)
        : Of([.. "./"u8, .. path]);

    private static string Escaped(byte b) =>
        char.IsAsciiLetterOrDigit((char)b) || Safe.Contains((char)b) || b == ' ' ? $"{(char)b}" : $@"\x{b:x2}";
}
