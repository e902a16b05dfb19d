namespace Qcow2Fs.Image;

/// <summary>A temporary file that nobody else can open and that is gone when it is closed.</summary>
public static class UnnamedFile
{
    /// <summary>Creates one in <c>$TMPDIR</c>, or in /var/tmp: /tmp may be memory.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public static SafeFileHandle Open()
    {
        string?[] folders = [Environment.GetEnvironmentVariable("TMPDIR"), "/var/tmp"];
        var folder = folders.FirstOrDefault(Directory.Exists) ?? "/tmp";
        try
        {
            return OpenIn(folder);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            // A folder that takes no new file, such as /proc: .NET's message says that it is not there.
            throw new IOException($"no temporary file can be created in {folder}, and $TMPDIR can name another folder", e);
        }
    }

    /// <summary>Writes all of the data.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset)
    {
        try
        {
            RandomAccess.Write(file, data, offset);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw TooLarge(e);
        }
    }

    /// <summary>Makes the file that long.</summary>
    /// <exception cref="IOException">It cannot be.</exception>
    public static void SetLength(SafeFileHandle file, long length)
    {
        try
        {
            RandomAccess.SetLength(file, length);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw TooLarge(e);
        }
    }

    // .NET makes another kind of exception of EFBIG.
    private static IOException TooLarge(ArgumentOutOfRangeException error) =>
        new("a temporary file may not be so large (ulimit -f)", error);

    private static SafeFileHandle OpenIn(string folder)
    {
        var path = Path.Combine(folder, Path.GetRandomFileName());
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (OperatingSystem.IsLinux())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        File.Delete(path);
        return file.SafeFileHandle;
    }
}
