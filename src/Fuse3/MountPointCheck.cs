using Mono.Unix.Native;
using Posix;

namespace Fuse3;

/// <summary>libfuse mounts over files, and a second time over the same directory, without a word; this refuses both.</summary>
internal static class MountPointCheck
{
    /// <returns>The absolute path without symbolic links.</returns>
    /// <exception cref="FuseException">The path is not a directory to mount on.</exception>
    public static string Resolve(string mountPoint, string? subtype)
    {
        // mount.fuse3 has mounted by itself and passes the connection. Without privileges nobody could unmount at the end, or after a crash.
        if (mountPoint.StartsWith("/dev/fd/", StringComparison.Ordinal))
        {
            throw new FuseException(FuseError.InvalidOption, Errno.EINVAL, "The mount option drop_privileges is not supported.");
        }

        var error = (Errno)LibC.ResolvePath(mountPoint, out var path);
        // The mount table first: asking the directory itself would ask the process behind an existing mount.
        if (error == 0 && MountTable.Find(path)?.Type == (subtype is null ? "fuse" : $"fuse.{subtype}"))
        {
            throw Refuse(IsDead(path) ? Errno.ENOTCONN : Errno.EBUSY, mountPoint);
        }

        if (error == 0 && !Directory.Exists(path))
        {
            error = Errno.ENOTDIR;
        }

        return error == 0 ? path : throw Refuse(error, mountPoint);
    }

    /// <summary>Whether a mount's process is gone. Asks that process, if it lives.</summary>
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
            return e.HResult == (int)Errno.ENOTCONN;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static FuseException Refuse(Errno error, string path) => error switch
    {
        Errno.ENOENT => new(FuseError.MountPointMissing, error, $"The mount point {path} does not exist."),
        Errno.ENOTDIR => new(FuseError.MountPointNotDirectory, error, $"The mount point {path} is not a directory."),
        Errno.EBUSY => new(FuseError.AlreadyMounted, error, $"{path} is mounted already."),
        Errno.ENOTCONN => new(FuseError.DeadMount, error, $"{path} is a mount whose process is gone; unmount it first."),
        Errno.EACCES => new(FuseError.PermissionDenied, error, $"No permission to reach the mount point {path}."),
        _ => new(FuseError.MountFailed, error, $"Cannot use the mount point {path}: {error}."),
    };
}
