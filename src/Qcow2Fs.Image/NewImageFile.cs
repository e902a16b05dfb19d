namespace Qcow2Fs.Image;

/// <summary>Makes new files: images, and what is drawn of them.</summary>
public static class NewImageFile
{
    private const string CannotBeCreated = "cannot be created";

    /// <summary>Creates the file, which must not exist yet, and writes the image.</summary>
    /// <exception cref="ImageException">EEXIST, or another error of open(2) or write(2); no file is left behind.</exception>
    public static void Create(string path, NewImage image) => Create(path, image.WriteTo);

    /// <summary>Creates the file, which must not exist yet, and writes what <paramref name="write"/> writes.</summary>
    /// <exception cref="ImageException">EEXIST, or another error of open(2) or write(2); no file is left behind.</exception>
    public static void Create(string path, Action<Stream> write)
    {
        var name = NativeName.Of(path);
        ImageException.ThrowIf(FileDescriptor.CurrentDirectory.Open(name, OpenMode.New, out var descriptor), CannotBeCreated);
        using var file = descriptor.ToStream();
        try
        {
            write(file);
            file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            _ = LibC.unlinkat(LibC.CurrentDirectory, name, 0);
            // .NET keeps the error number of the system call there.
            throw new ImageException((Errno)e.HResult, $"the file {CannotBeCreated}: {e.Message.TrimEnd('.')}");
        }
    }
}
