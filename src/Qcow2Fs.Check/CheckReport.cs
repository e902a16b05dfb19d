namespace Qcow2Fs.Check;

/// <summary>
/// What QEMU 7.2 answers to an image, and everything that was found in it. The answers are null where it opens, else the text
/// that follows <c>Could not open 'FILE': </c>; a second line in them is QEMU's as well.
/// </summary>
/// <remarks>
/// The answers depend on the image file alone. They assume that other files that it names open, that the key is given and right,
/// that there is enough memory and that a repair succeeds. An answer that starts with <see cref="CrashMark"/> is not QEMU's: the
/// program dies of a signal.
/// </remarks>
public sealed record CheckReport
{
    /// <summary>Starts an answer where QEMU crashes.</summary>
    public const string CrashMark = "(crash) ";

    /// <summary>The answer of <c>qemu-img info -f qcow2</c>.</summary>
    public string? Info { get; init; }

    /// <summary>The answer to opening it read-only.</summary>
    public string? Read { get; init; }

    /// <summary>The answer to opening it read-write.</summary>
    public string? Write { get; init; }

    /// <summary>What was found, refusals first and in the order of QEMU's checks.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>The rules that gave <see cref="Info"/>, <see cref="Read"/> and <see cref="Write"/>.</summary>
    internal (string? Info, string? Read, string? Write) Rules { get; init; }
}
