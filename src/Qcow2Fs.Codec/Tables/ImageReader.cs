namespace Qcow2Fs.Codec.Tables;

/// <summary>
/// Reads an image in windows, so that a walk over many small records costs few reads and a fixed buffer.
/// Bytes past the end of the file are zeros, as for QEMU. Not thread-safe.
/// </summary>
public sealed class ImageReader(IImageBytes image, int windowSize = ImageReader.MaxWindowSize)
{
    /// <summary>The largest window, in bytes.</summary>
    public const int MaxWindowSize = 1 << 16;

    private byte[] _window = [];
    private long _start;

    /// <summary>The file's length.</summary>
    public long Length => image.Length;

    /// <summary>The bytes there, valid until the next call; the count must not be above the window's size.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        if (offset < _start || offset + count > _start + _window.Length)
        {
            // Stays empty if the read fails.
            _window = [];
            var window = new byte[windowSize];
            Read(offset, window);
            (_window, _start) = (window, offset);
        }

        return _window.AsSpan((int)(offset - _start), count);
    }

    /// <summary>Fills the buffer, with zeros where the file has ended.</summary>
    public void Read(long offset, Span<byte> buffer)
    {
        var read = 0;
        while (read < buffer.Length && offset < image.Length - read && image.Read(offset + read, buffer[read..]) is > 0 and var n)
        {
            read += n;
        }

        buffer[read..].Clear();
    }

    /// <summary>A reader of the same image whose window fits a table of so many bytes.</summary>
    public ImageReader ForTable(long bytes) => new(image, (int)Math.Min(bytes, MaxWindowSize));
}
