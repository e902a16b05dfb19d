using Qcow2Fs.Check;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Tree;

/// <summary>Findings as text for people.</summary>
public static class FindingText
{
    /// <summary>A line without its newline: severity, place, sentence. Nothing in it is obeyed by a terminal.</summary>
    public static string Line(Finding finding) => PrintableText.Of($"{finding.Severity.ToText()}: {finding.Place}: {finding.Sentence}");
}
