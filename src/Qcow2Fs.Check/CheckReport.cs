using System.Collections.Immutable;

namespace Qcow2Fs.Check;

/// <summary>
/// What QEMU 7.2 answers to an image, and everything that was found in it. The answers are null where it opens, else the text
/// that follows <c>Could not open 'FILE': </c>; a second line in them is QEMU's as well.
/// </summary>
/// <remarks>
/// The answers are as far as the image file alone decides: another file that the image names is taken to open, a key to be given
/// and right, memory to be enough and a repair to succeed. An answer that starts with <see cref="CrashMark"/> is not QEMU's:
/// the program dies of a signal instead of answering.
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
