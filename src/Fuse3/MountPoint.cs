namespace Fuse3;

/// <summary>Checks that libfuse leaves out: it mounts over a file, and a second time over the same directory, without an error.</summary>
internal static class MountPoint
{
    /// <returns>The absolute path without symbolic links.</returns>
    /// <exception cref="FuseException">The path cannot be a mount point.</exception>
    public static string Resolve(string mountPoint)
    {
        // With drop_privileges mount.fuse3 mounts and passes the open device; this process then lacks the privilege to unmount.
        if (mountPoint.StartsWith("/dev/fd/", StringComparison.Ordinal))
        {
            throw new FuseException(FuseError.InvalidOption, Errno.EINVAL, "The mount option drop_privileges is not supported.");
        }

        return TryResolve(mountPoint, out var path) is not 0 and var error ? throw Failure(error, mountPoint) : path;
    }

    /// <summary>The absolute path without symbolic links, also of a dead mount.</summary>
    /// <returns>0, or the error number and the path itself.</returns>
    public static int TryResolve(string mountPoint, out string path)
    {
        var error = LibC.ResolvePath(mountPoint, out path);
        var last = Path.GetFileName(Path.TrimEndingDirectorySeparator(mountPoint));
        // realpath(3) of glibc before 2.33 asks for the attributes of the mount point itself, so it fails for all that is below, too.
        if (error == Errno.ENOTCONN && last is not ("." or ".."))
        {
            var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(mountPoint));
            error = TryResolve(string.IsNullOrEmpty(parent) ? "." : parent, out parent);
            path = error == 0 ? Path.Join(parent, last) : mountPoint;
        }

        return error;
    }

    /// <summary>Refuses a second mount of the same type. The path is resolved; the name is what the user calls it.</summary>
    /// <exception cref="FuseException">There is one, live or dead, or the path is not a directory.</exception>
    public static void ThrowIfMounted(string path, string name, string? subtype)
    {
        // The mount table first: stat(2) of the directory would block on the process that serves an existing mount.
        if (MountTable.Find(path)?.Type == (subtype is null ? "fuse" : $"fuse.{subtype}"))
        {
            throw Failure(KernelMount.At(NativeName.Of(path)) is { } mount && mount.IsDead() ? Errno.ENOTCONN : Errno.EBUSY, name);
        }

        if (!LibC.IsDirectory(path))
        {
            throw Failure(Errno.ENOTDIR, name);
        }
    }

    /// <summary>Keeps others from mounting there between the check and the mount: locks the directory (flock), then checks again.</summary>
    /// <returns>The lock, to be disposed of when the mount is there; null where the directory cannot be locked.</returns>
    /// <exception cref="FuseException">A mount is there or is being made.</exception>
    public static SafeFileHandle? Reserve(string path, string? subtype)
    {
        var descriptor = LibC.openat(LibC.CurrentDirectory, NativeName.Of(path), OpenMode.List, 0);
        // A directory that its user may search but not read cannot be locked.
        var directory = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            if (directory is not null && LibC.flock(directory, LibC.LockNow) != 0 && LibC.LastError == Errno.EAGAIN)
            {
                throw new FuseException(FuseError.AlreadyMounted, Errno.EBUSY, $"Another mount is being made on {path}.");
            }

            ThrowIfMounted(path, path, subtype);
            return directory;
        }
        catch
        {
            directory?.Dispose();
            throw;
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
