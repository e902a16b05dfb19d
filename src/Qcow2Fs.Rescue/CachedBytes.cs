namespace Qcow2Fs.Rescue;

/// <summary>
/// Reads small aligned pieces all over an image through a fixed number of windows. Bytes past the end of the file are zeros. Not
/// thread-safe.
/// </summary>
internal sealed class CachedBytes(IImageBytes image)
{
    private const int WindowBits = 15;
    private const int Windows = 128;
    private const int WindowSize = 1 << WindowBits;

    private readonly byte[]?[] _windows = new byte[Windows][];
    private readonly long[] _starts = new long[Windows];

    /// <summary>Bytes of the file.</summary>
    public long Length => image.Length;

    /// <summary>The bytes there, valid until the next call. They must not cross a multiple of 32 KiB.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        var slot = (int)(offset >> WindowBits) & (Windows - 1);
        var start = offset & -WindowSize;
        if (_windows[slot] is not { } window || _starts[slot] != start)
        {
            window = _windows[slot] ?? new byte[WindowSize];
            // Of no use if the read fails.
            _windows[slot] = null;
            Fill(start, window);
            (_windows[slot], _starts[slot]) = (window, start);
        }

        return window.AsSpan((int)(offset - start), count);
    }

    /// <summary>A big-endian number of 8 bytes; the offset must be a multiple of 8.</summary>
    public ulong Word(long offset) => BinaryPrimitives.ReadUInt64BigEndian(Peek(offset, 8));

    /// <summary>Fills the buffer past the windows.</summary>
    public void Fill(long offset, Span<byte> buffer)
    {
        var read = 0;
        while (read < buffer.Length && offset < image.Length - read && image.Read(offset + read, buffer[read..]) is > 0 and var n)
        {
            read += n;
        }

        buffer[read..].Clear();
    }

    /// <summary>The next stored bytes (<see cref="IImageBytes.FindStored"/>).</summary>
    public (long Start, long End) FindStored(long offset) => image.FindStored(offset);
}
