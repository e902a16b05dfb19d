namespace Fuse3;

/// <summary>
/// Checks that libfuse leaves out: it mounts over a file, and a second time over the same directory, without an error.
/// </summary>
internal static class MountPointCheck
{
    /// <returns>The absolute path without symbolic links.</returns>
    /// <exception cref="FuseException">The path cannot be a mount point.</exception>
    public static string Resolve(string mountPoint, string? subtype)
    {
        // With drop_privileges mount.fuse3 mounts and passes the open device; this process then lacks the privilege to unmount.
        if (mountPoint.StartsWith("/dev/fd/", StringComparison.Ordinal))
        {
            throw new FuseException(FuseError.InvalidOption, Errno.EINVAL, "The mount option drop_privileges is not supported.");
        }

        var error = LibC.ResolvePath(mountPoint, out var path);
        // The mount table first: stat(2) of the directory would block on the process that serves an existing mount.
        if (error == 0 && MountTable.Find(path)?.Type == (subtype is null ? "fuse" : $"fuse.{subtype}"))
        {
            throw Failure(IsDead(path) ? Errno.ENOTCONN : Errno.EBUSY, mountPoint);
        }

        if (error == 0 && !Directory.Exists(path))
        {
            error = Errno.ENOTDIR;
        }

        return error == 0 ? path : throw Failure(error, mountPoint);
    }

    /// <summary>Whether a mount's process is gone. A live process gets a getattr request.</summary>
    public static bool IsDead(string path)
    {
        try
        {
            File.GetAttributes(path);
            return false;
        }
        catch (IOException e)
        {
            // .NET has no exception for ENOTCONN, so HResult is the raw number.
            return e.HResult == Errno.ENOTCONN;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static FuseException Failure(int error, string path) => error switch
    {
        Errno.ENOENT => new(FuseError.MountPointMissing, error, $"The mount point {path} does not exist."),
        Errno.ENOTDIR => new(FuseError.MountPointNotDirectory, error, $"The mount point {path} is not a directory."),
        Errno.EBUSY => new(FuseError.AlreadyMounted, error, $"{path} is mounted already."),
        Errno.ENOTCONN => new(FuseError.DeadMount, error, $"{path} is a mount whose process is gone; unmount it first."),
        Errno.EACCES => new(FuseError.PermissionDenied, error, $"No permission to reach the mount point {path}."),
        _ => FuseException.FromErrno(FuseError.MountFailed, error, $"Cannot use the mount point {path}"),
    };
}
