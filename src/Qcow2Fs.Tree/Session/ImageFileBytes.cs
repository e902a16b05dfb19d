namespace Qcow2Fs.Tree.Session;

/// <summary>An image file's bytes for decoders of what lies behind the header. The length is that of the first question.</summary>
public sealed class ImageFileBytes(ImageFile image) : IImageBytes
{
    private readonly Lazy<long> _length = new(() => OrIOException(image.Length));

    /// <inheritdoc/>
    public long Length => _length.Value;

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return image.Read(offset, buffer);
        }
        catch (ImageException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static long OrIOException(Func<long> ask)
    {
        try
        {
            return ask();
        }
        catch (ImageException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
