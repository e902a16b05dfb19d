namespace Qcow2Fs.Check;

/// <summary>The parts of a file in which other formats have most of their marks: its first 64 KiB and its end.</summary>
internal sealed class FileEnds
{
    public const int Size = 1 << 16;

    // The longest comment of a zip archive, and what stands before it.
    private const int EndSize = Size + Polyglots.ZipEndSize;

    private readonly ImageReader _reader;
    private readonly ReadOnlyMemory<byte> _start;
    private readonly byte[] _end;

    /// <exception cref="IOException">The file cannot be read.</exception>
    public FileEnds(OpenState s)
    {
        _reader = new(s.Image);
        Length = _reader.Length;
        // The header's cluster was read already.
        _start = s.Header.Bytes.Length >= Size ? s.Header.Bytes[..Size] : Read(0, Size);
        EndOffset = Math.Max(0, Length - EndSize);
        _end = Read(EndOffset, EndSize);
    }

    public long Length { get; }

    public ReadOnlySpan<byte> Start => _start.Span;

    /// <summary>The last bytes, which <see cref="Start"/> may have too.</summary>
    public ReadOnlySpan<byte> End => _end;

    /// <summary>Where <see cref="End"/> starts.</summary>
    public long EndOffset { get; }

    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool Has(FormatMark mark)
    {
        var offset = OffsetOf(mark);
        var part = offset < 0 || offset >= Length ? []
            : offset + mark.Bytes.Length <= Size ? Start[(int)offset..]
            : offset >= EndOffset ? End[(int)(offset - EndOffset)..]
            : Read(offset, mark.Bytes.Length);
        return part.StartsWith(mark.Bytes);
    }

    public long OffsetOf(FormatMark mark) => mark.Offset < 0 ? Length + mark.Offset : mark.Offset;

    private byte[] Read(long offset, int size)
    {
        var bytes = new byte[Math.Clamp(Length - offset, 0, size)];
        _reader.Read(offset, bytes);
        return bytes;
    }
}
