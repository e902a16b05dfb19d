namespace Qcow2Fs.Tree;

/// <summary>Findings as text for people.</summary>
public static class FindingText
{
    private const string Repair = "qemu-img check -r all IMAGE";

    /// <summary>A line without its newline: severity, path, sentence. Control characters are replaced.</summary>
    public static string Line(Finding finding) =>
        PrintableText.Of($"{finding.Severity.ToText()}: {TreePath.Of(finding.Subject)}: {finding.Sentence}");

    /// <summary>
    /// The remedy as a command, with <c>MOUNT</c> and <c>IMAGE</c> for the paths and other capitals for what only the user knows.
    /// It can hold bytes of the image.
    /// </summary>
    public static string? Command(Remedy? remedy) => remedy switch
    {
        null => null,
        Remedy.Repair => Repair,
        Remedy.Remove { Subject: var subject, ThenRepair: var thenRepair } =>
            $"rm MOUNT/{TreePath.Of(subject)}{(thenRepair ? $" && {Repair}" : "")}",
        Remedy.Create { Subject: var subject } => $"touch MOUNT/{TreePath.Of(subject)}",
        // An extension's file holds the payload byte for byte: no newline.
        Remedy.Write { Subject: var subject, Value: var value } =>
            $"{(subject is Subject.HeaderExtension ? "printf" : "echo")} {value} > MOUNT/{TreePath.Of(subject)}",
        Remedy.RemoveBitmap { Bitmap: var bitmap } => $"qemu-img bitmap --remove IMAGE {Quoted(bitmap)}",
        _ => throw new UnreachableException(),
    };

    // Only a name that the tree shows as it is can be typed.
    private static string Quoted(Subject.Bitmap bitmap) =>
        bitmap.Name is { } bytes && Encoding.UTF8.GetString(bytes.Span) is var name && TreePath.Of(bitmap) == $"bitmaps/{name}"
            ? $"'{name.Replace("'", @"'\''", StringComparison.Ordinal)}'"
            : "NAME";
}
