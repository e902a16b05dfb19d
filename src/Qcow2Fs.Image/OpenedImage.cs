using System.Buffers;

namespace Qcow2Fs.Image;

/// <summary>
/// A file that is opened once and read through one descriptor: what is judged is one file, whatever takes its name meanwhile. Takes no
/// lock. Safe for concurrent use until it is disposed.
/// </summary>
public sealed class OpenedImage : IImageBytes, IDisposable
{
    internal const string CannotBeOpened = "cannot be opened";

    private readonly FileDescriptor _file;
    private byte[]? _header;

    private OpenedImage(FileDescriptor file, long length, in ImageStatus status) => (_file, Length, Status) = (file, length, status);

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>The attributes of the file when it was opened.</summary>
    public ImageStatus Status { get; }

    /// <summary>Opens the file at a path, through symbolic links.</summary>
    /// <exception cref="ImageException">It cannot be opened, or is neither a regular file nor a block device.</exception>
    public static OpenedImage At(string path)
    {
        ImageException.ThrowIf((Errno)LibC.ResolvePath(path, out var resolved), CannotBeOpened);
        var name = NativeName.Of(Path.GetFileName(resolved));
        var folder = NativeName.Of(Path.GetDirectoryName(resolved) ?? "/");
        ImageException.ThrowIf(FileDescriptor.CurrentDirectory.Open(folder, OpenMode.Directory, out var parent), CannotBeOpened);
        using (parent)
        {
            return Of(parent.Open(name, OpenMode.Read, out var file), file);
        }
    }

    /// <summary>Opens the file at a path whose last part is not a symbolic link. Those before may be.</summary>
    /// <exception cref="ImageException">As <see cref="At"/>; ELOOP: it is a link.</exception>
    public static OpenedImage Itself(string path)
    {
        var error = FileDescriptor.CurrentDirectory.Open(NativeName.Of(path), OpenMode.Read, out var file);
        return error != Errno.ELOOP ? Of(error, file)
            : throw new ImageException(error, "the image is a symbolic link, which is not followed");
    }

    /// <summary>
    /// The header as it was at one instant, also while another program writes. It is valid until the next call, and until this object is
    /// disposed: with an array of its own for each image, a walk over a pool would spend its time on collecting garbage.
    /// </summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public Header ReadHeader() => HeaderReader.Read(_file, 0, RentHeader);

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> buffer) => _file.Read(offset, buffer, out var read) is var error && error == 0
        ? read : throw new IOException(ImageException.Of(error, HeaderReader.CannotBeRead).Message);

    /// <inheritdoc/>
    public (long Start, long End) FindStored(long offset) => _file.FindStored(offset, Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        ReturnHeader();
    }

    private byte[] RentHeader(int size)
    {
        if (_header?.Length != size)
        {
            ReturnHeader();
            _header = ArrayPool<byte>.Shared.Rent(size);
        }

        // The pool's arrays are as long as a cluster is: a power of two.
        return _header.Length == size ? _header : new byte[size];
    }

    private void ReturnHeader()
    {
        if (_header is not null)
        {
            ArrayPool<byte>.Shared.Return(_header);
            _header = null;
        }
    }

    internal static OpenedImage Of(Errno error, FileDescriptor file)
    {
        ImageException.ThrowIf(error, CannotBeOpened);
        error = file.Status(out var status);
        var length = 0L;
        if (error == 0 && status.IsImage)
        {
            length = status.Size;
            error = status.IsBlockDevice ? file.Length(out length) : 0;
            if (error == 0)
            {
                return new(file, length, status);
            }
        }

        file.Dispose();
        ImageException.ThrowIf(error, CannotBeOpened);
        throw new ImageException(Errno.EINVAL, "the image is neither a regular file nor a block device");
    }
}
