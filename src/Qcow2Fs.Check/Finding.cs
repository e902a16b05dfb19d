namespace Qcow2Fs.Check;

/// <summary>One thing that a check found. Sentences and places can hold bytes of the image: escape them for a terminal.</summary>
/// <param name="Severity">What it means.</param>
/// <param name="Place">The path of the thing in a mount of the image, such as <c>header/cluster_bits</c>.</param>
/// <param name="Sentence">One sentence, without a trailing period.</param>
/// <param name="Hint">A command that is a way out, with <c>MOUNT</c> and <c>IMAGE</c> in it; null if none is known.</param>
public sealed record Finding(Severity Severity, string Place, string Sentence, string? Hint = null);
