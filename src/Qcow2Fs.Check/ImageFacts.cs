namespace Qcow2Fs.Check;

/// <summary>What a service asks of an image that it is given. Null: the image does not have it, or it cannot be known.</summary>
public sealed record ImageFacts
{
    /// <summary>The format as <c>qemu-img info</c> names it; and iso, gzip, empty, unknown and the like, which QEMU takes as raw.</summary>
    public string Format { get; init; } = QcowFormat;

    /// <summary>The disk's size in bytes.</summary>
    public ulong? VirtualSize { get; init; }

    /// <summary>Bytes of a cluster.</summary>
    public int? ClusterSize { get; init; }

    /// <summary>"aes" or "luks".</summary>
    public string? Encrypted { get; init; }

    /// <summary>The backing file's name, up to its first zero byte.</summary>
    public string? BackingFile { get; init; }

    /// <summary>The backing file's format.</summary>
    public string? BackingFormat { get; init; }

    /// <summary>The external data file's name.</summary>
    public string? DataFile { get; init; }

    /// <summary>Bytes that QEMU allocates by the image's numbers while it opens it.</summary>
    public ulong? NeedsMemory { get; init; }

    private const string QcowFormat = "qcow2";

    internal static ImageFacts Of(OpenState s, bool isJudged) => !isJudged ? new() : new()
    {
        VirtualSize = s.DiskSize,
        ClusterSize = s.Header.ClusterSize,
        Encrypted = s[HeaderFields.CryptMethod] switch { 1 => "aes", 2 => "luks", _ => null },
        BackingFile = s.Header.HasBackingFile && Text(s.Header.BackingFileName) is { Length: > 0 } backing ? backing : null,
        BackingFormat = s.LastData(ExtensionMagic.BackingFormat) is { } format ? Text(format) : null,
        DataFile = s.HasDataFile && s.LastData(ExtensionMagic.DataFile) is { } data ? Text(data) : null,
        NeedsMemory = MemoryWarning.TryMeasure(s),
    };
}
