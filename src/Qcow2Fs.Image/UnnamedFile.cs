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
        var path = Path.Combine(folders.FirstOrDefault(Directory.Exists) ?? "/tmp", Path.GetRandomFileName());
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
