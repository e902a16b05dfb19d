namespace Qcow2Fs.Image.Commits;

/// <summary>A step of a commit: a <see cref="SectorWrite"/> or a <see cref="Flush"/>.</summary>
internal abstract record CommitStep;

/// <summary>Writes one sector, the unit that a medium writes whole or not at all.</summary>
/// <param name="Offset">A multiple of <see cref="Size"/>.</param>
/// <param name="Data">The whole sector.</param>
internal sealed record SectorWrite(int Offset, ReadOnlyMemory<byte> Data) : CommitStep
{
    /// <summary>Bytes of a sector: the smallest that disks have. Larger ones hold several and write all of them whole.</summary>
    public const int Size = 512;
}

/// <summary>Waits until everything before it is on the medium.</summary>
internal sealed record Flush : CommitStep
{
    /// <summary>The one instance.</summary>
    public static readonly Flush Instance = new();
}
