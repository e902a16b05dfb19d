namespace Qcow2Fs.Image;

/// <summary>
/// A file that is opened once and read through one descriptor: what is judged is one file, whatever takes its name meanwhile. Takes no
/// lock. Safe for concurrent use until it is disposed.
/// </summary>
public sealed class OpenedImage : IImageBytes, IDisposable
{
    internal const string CannotBeOpened = "cannot be opened";

    private readonly FileDescriptor _file;

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

    /// <summary>The header as it was at one instant, also while another program writes.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public Header ReadHeader() => HeaderReader.Read(_file, 0);

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> buffer) => _file.Read(offset, buffer, out var read) is var error && error == 0
        ? read : throw new IOException(ImageException.Of(error, HeaderReader.CannotBeRead).Message);

    /// <inheritdoc/>
    public (long Start, long End) FindStored(long offset) => _file.FindStored(offset, Length);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal static OpenedImage Of(Errno error, FileDescriptor file)
    {
        ImageException.ThrowIf(error, CannotBeOpened);
        error = file.Status(out var status);
        var length = 0L;
        if (error == 0 && status.IsImage)
        {
            error = file.Length(out length);
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
