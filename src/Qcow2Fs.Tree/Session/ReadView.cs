namespace Qcow2Fs.Tree.Session;

/// <summary>
/// The image as one operation sees it: looked at once, when the operation starts. Immutable. An image that cannot be read has a
/// view as well; only what needs its header fails then.
/// </summary>
public sealed class ReadView
{
    private readonly Header? _header;
    private readonly Header? _onDisk;
    private readonly ImageException? _failure;

    internal ReadView(ImageSession session, in ImageStatus status, Header header, Header onDisk) : this(session, status) =>
        (_header, _onDisk) = (header, onDisk);

    internal ReadView(ImageSession session, in ImageStatus status, ImageException failure) : this(session, status) => _failure = failure;

    private ReadView(ImageSession session, in ImageStatus status) =>
        (Session, Status, IsSettled) = (session, status, status.IsSettled);

    /// <summary>The header, without what a crash in the middle of a commit may have left behind.</summary>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public Header Header => _header ?? throw _failure!;

    /// <summary>The header as it is in the file: a check judges that.</summary>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    internal Header OnDisk => _onDisk ?? throw _failure!;

    /// <summary>What the system says of the image file; the last that it said where the image is away.</summary>
    public ImageStatus Status { get; }

    /// <summary>The bytes behind the header.</summary>
    public IImageBytes Bytes => new ImageFileBytes(Session.Image);

    /// <summary>The tables behind the header.</summary>
    internal TableContext Tables => new(Header, Session.WindowsOf(this), this);

    internal ImageSession Session { get; }

    /// <summary>Whether a later look at the file's times tells that it has changed since.</summary>
    internal bool IsSettled { get; }

    /// <summary>What a file that is made from the header alone holds; null if it does not exist.</summary>
    internal byte[]? Render(FileNode node) => Session.Render(node, Header);
}

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
