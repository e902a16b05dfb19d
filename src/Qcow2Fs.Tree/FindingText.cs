using Qcow2Fs.Check;

namespace Qcow2Fs.Tree;

/// <summary>Findings as text for people.</summary>
public static class FindingText
{
    /// <summary>A line without its newline: severity, place, sentence. Nothing in it is obeyed by a terminal.</summary>
    public static string Line(Finding finding) => Printable($"{finding.Severity.ToText()}: {finding.Place}: {finding.Sentence}");

    /// <summary>A text that may hold bytes of the image, with a ? for each control character.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
