namespace Qcow2Fs.Check;

/// <summary>What a finding means for a program that opens the image.</summary>
public enum Severity
{
    /// <summary>QEMU refuses to open the image; the sentence is QEMU's own.</summary>
    Error,

    /// <summary>QEMU opens the image, but not for writing; the sentence is QEMU's own.</summary>
    ErrorReadWrite,

    /// <summary>QEMU warns, repairs or drops something, or the specification is broken.</summary>
    Warning,

    /// <summary>The image makes QEMU open another file.</summary>
    Reference,
}

/// <summary>One thing that a check found. A sentence can hold bytes of the image: escape it for a terminal.</summary>
/// <param name="Severity">What it means.</param>
/// <param name="Subject">The part of the image that it is about.</param>
/// <param name="Sentence">One sentence, without a trailing period.</param>
/// <param name="Remedy">What a user can do about it; null if nothing is known.</param>
public sealed record Finding(Severity Severity, Subject Subject, string Sentence, Remedy? Remedy = null);

/// <summary>The names of severities in reports.</summary>
public static class SeverityText
{
    /// <summary>The name that is printed: <c>error</c>, <c>error-rw</c>, <c>warning</c> or <c>reference</c>.</summary>
    public static string ToText(this Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.ErrorReadWrite => "error-rw",
        Severity.Warning => "warning",
        _ => "reference",
    };
}
