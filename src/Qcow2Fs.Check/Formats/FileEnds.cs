using System.Buffers;

namespace Qcow2Fs.Check;

/// <summary>The parts of a file in which other formats have most of their marks: its first 64 KiB and its end.</summary>
internal sealed class FileEnds : IDisposable
{
    public const int Size = 1 << 16;

    // The longest comment of a zip archive, and what stands before it.
    private const int EndSize = Size + Polyglots.ZipEndSize;

    private readonly ImageReader _reader;
    private readonly ReadOnlyMemory<byte> _start;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(Size + EndSize);
    private readonly int _endLength;

    /// <exception cref="IOException">The file cannot be read.</exception>
    public FileEnds(OpenState s)
    {
        _reader = new(s.Image);
        Length = _reader.Length;
        // The header's cluster was read already.
        _start = s.Header.Bytes.Length >= Size ? s.Header.Bytes[..Size] : _buffer.AsMemory(0, Read(0, _buffer.AsSpan(0, Size)));
        EndOffset = Math.Max(0, Length - EndSize);
        _endLength = Read(EndOffset, _buffer.AsSpan(Size, EndSize));
    }

    public long Length { get; }

    public ReadOnlySpan<byte> Start => _start.Span;

    /// <summary>The last bytes, which <see cref="Start"/> may have too.</summary>
    public ReadOnlySpan<byte> End => _buffer.AsSpan(Size, _endLength);

    /// <summary>Where <see cref="End"/> starts.</summary>
    public long EndOffset { get; }

    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool Has(FormatMark mark)
    {
        var offset = OffsetOf(mark);
        if (offset < 0 || offset >= Length)
        {
            return false;
        }

        Span<byte> between = stackalloc byte[mark.Bytes.Length];
        var part = offset + mark.Bytes.Length <= Size ? Start[(int)offset..]
            : offset >= EndOffset ? End[(int)(offset - EndOffset)..]
            : between[..Read(offset, between)];
        return part.StartsWith(mark.Bytes);
    }

    public long OffsetOf(FormatMark mark) => mark.Offset < 0 ? Length + mark.Offset : mark.Offset;

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    // How much of the part the file has.
    private int Read(long offset, Span<byte> part)
    {
        var length = (int)Math.Clamp(Length - offset, 0, part.Length);
        _reader.Read(offset, part[..length]);
        return length;
    }
}
