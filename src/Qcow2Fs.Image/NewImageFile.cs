namespace Qcow2Fs.Image;

/// <summary>Makes new files: images, and what is drawn of them.</summary>
public static class NewImageFile
{
    private const string CannotBeCreated = "cannot be created";

    /// <summary>Creates the file, which must not exist yet, and writes the image.</summary>
    /// <exception cref="ImageException">EEXIST, or another error of open(2) or write(2); no file is left behind.</exception>
    public static void Create(string path, NewImage image) => Create(path, file => Write(file, image));

    /// <summary>Creates the file, which must not exist yet, and writes what <paramref name="write"/> writes, some megabytes at
    /// most.</summary>
    /// <exception cref="ImageException">EEXIST, or another error of open(2) or write(2); no file is left behind.</exception>
    public static void Create(string path, Action<Stream> write)
    {
        using var content = new MemoryStream();
        write(content);
        Create(path, file => file.WriteAll(0, content.GetBuffer().AsSpan(0, (int)content.Length), out _) is var error && error != 0
            ? error : file.Flush());
    }

    private static void Create(string path, Func<FileDescriptor, Errno> write)
    {
        var name = NativeName.Of(path);
        ImageException.ThrowIf(FileDescriptor.CurrentDirectory.Open(name, OpenMode.New, out var descriptor), CannotBeCreated);
        using var file = descriptor;
        if (write(file) is var error && error != 0)
        {
            _ = LibC.unlinkat(LibC.CurrentDirectory, name, 0);
            throw ImageException.Of(error, CannotBeCreated);
        }
    }

    private static Errno Write(FileDescriptor file, NewImage image)
    {
        var error = file.Truncate(image.Length);
        foreach (var (offset, bytes) in image.Parts())
        {
            error = error != 0 ? error : file.WriteAll(offset, bytes.Span, out _);
        }

        return error != 0 ? error : file.Flush();
    }
}
