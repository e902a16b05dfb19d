namespace Qcow2Fs.Cli.Pool;

/// <summary>Whether the backing file that an image names is there and is what the image takes it for.</summary>
internal enum BaseState
{
    /// <summary>It names none.</summary>
    None,

    /// <summary>The base is one of the files that were given.</summary>
    Ok,

    /// <summary>It would lie in a folder that was given, and is not there.</summary>
    Missing,

    /// <summary>It lies outside of what was given, or is no local file. Nobody has looked whether it is there.</summary>
    Outside,

    /// <summary>The chain of backing files comes back to an image that is already in it.</summary>
    Ring,

    /// <summary>The base is there and has another format than the image says.</summary>
    FormatDiffers,
}

/// <summary>A file of a chain: an image, a base that is not qcow2, or only the name of a base.</summary>
/// <param name="Text">Its name as given, or as its user has it; text that keeps each byte.</param>
internal sealed record ChainNode(string Text)
{
    /// <summary>The format that was found; null if there is only the name.</summary>
    public string? Format { get; init; }

    /// <summary>Bytes of the disk.</summary>
    public ulong Size { get; init; }

    /// <summary>When the file last changed.</summary>
    public ImageTime Modified { get; init; }

    /// <summary>The backing file's name in the header; null if there is none.</summary>
    public byte[]? BackingFile { get; init; }

    /// <summary>The format that the header names for it; null if there is none.</summary>
    public string? BackingFormat { get; init; }

    /// <summary>Why the file cannot be read.</summary>
    public string? Failure { get; init; }

    /// <summary>Why there is only a name.</summary>
    public BaseState Absence { get; init; }

    public BaseState State { get; set; }

    /// <summary>The base; null if the image names none.</summary>
    public ChainNode? Base { get; set; }

    /// <summary>Whether the base is named as a local file.</summary>
    public bool HasLocalBase { get; set; }

    /// <summary>How many files lie below it, as far as they are known; null in a ring.</summary>
    public int? Depth { get; set; }

    /// <summary>Whether it is itself part of a ring, and does not only lead into one.</summary>
    public bool IsInRing { get; set; }

    /// <summary>The images whose base it is.</summary>
    public List<ChainNode> Users { get; } = [];

    /// <summary>Whether the base has changed after the image has: what the image holds may be for another content of the base.</summary>
    public bool IsOlderThanBase => Base is { Format: not null } found
        && (found.Modified.Seconds, found.Modified.Nanoseconds).CompareTo((Modified.Seconds, Modified.Nanoseconds)) > 0;

    // A record is equal to another one by its content; this one is itself.
    public bool Equals(ChainNode? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
