namespace Qcow2Fs.Check;

/// <summary>What a finding means for whoever opens the image.</summary>
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

/// <summary>The words for severities.</summary>
public static class SeverityText
{
    /// <summary>The word that is printed: <c>error</c>, <c>error-rw</c>, <c>warning</c> or <c>reference</c>.</summary>
    public static string ToText(this Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.ErrorReadWrite => "error-rw",
        Severity.Warning => "warning",
        _ => "reference",
    };
}
