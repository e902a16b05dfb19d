using System.Diagnostics.CodeAnalysis;
using Mono.Unix.Native;
using Posix;

namespace Fuse3;

/// <summary>Mounts file systems with libfuse 3, on Linux x64 and arm64.</summary>
public static class Fuse
{
    private static readonly TimeSpan s_guardiansTime = TimeSpan.FromSeconds(1);

    /// <summary>What to install when <see cref="CheckDependencies"/> finds something missing.</summary>
    public static string InstallationHint
        => "Install libfuse 3: on Debian and Ubuntu the packages libfuse3-3 (libfuse3-4 in newer releases) and fuse3, "
        + "on Fedora, RHEL and SUSE fuse3 and its libraries, on Alpine and Arch fuse3.";

    /// <summary>Looks for libfuse3, /dev/fuse and, unless run by root, fusermount3.</summary>
    /// <param name="problem">A sentence that says what is missing and what to install; null when nothing is.</param>
    /// <returns>True when a mount can be tried.</returns>
    public static bool CheckDependencies([NotNullWhen(false)] out string? problem)
    {
        problem = Requirements.FindMissingForUser()?.Message;
        return problem is null;
    }

    /// <summary>Mounts a file system and serves it with a new thread. On return the mount is established.</summary>
    /// <param name="mountPoint">An existing directory, on which no live or dead mount of the same type is.</param>
    /// <param name="fileSystem">Receives the operations, on the new thread only. It stays the caller's; not used any more once the mount
    /// has ended.</param>
    /// <param name="options">How to mount.</param>
    /// <exception cref="FuseException">The mount failed; <see cref="FuseException.Error"/> says why.</exception>
    /// <exception cref="ArgumentException">An option is empty or contains a NUL.</exception>
    public static IFuseMount Mount(string mountPoint, FuseFileSystemBase fileSystem, MountOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(mountPoint);
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        if (Requirements.FindMissing() is { } missing)
        {
            throw missing;
        }

        return FuseMount.Start(MountPointCheck.Resolve(mountPoint, options.Subtype), fileSystem, options);
    }

    /// <summary>A mount point as the kernel's table and <see cref="IFuseMount.MountPoint"/> have it; what is mounted there may be dead.</summary>
    /// <param name="mountPoint">Any path of it.</param>
    /// <returns>An absolute path without symbolic links; the argument itself if it leads nowhere.</returns>
    public static string ResolveMountPoint(string mountPoint)
    {
        _ = LibC.ResolvePath(mountPoint, out var path);
        return path;
    }

    /// <summary>
    /// The type of what is mounted at a path, such as <c>fuse.hello</c>; null when nothing is. Looks into the kernel's table
    /// and does not touch the mount, which may be dead.
    /// </summary>
    /// <param name="path">An absolute path without symbolic links.</param>
    public static string? TypeMountedAt(string path) => MountTable.Find(path)?.Type;

    /// <summary>Unmounts what nobody uses. Uses umount2(2), and fusermount3 for users who may not.</summary>
    /// <param name="path">The mount point, of a live or a dead mount.</param>
    /// <exception cref="FuseException">Nothing is mounted there, the caller may not unmount it, or it is in use (EBUSY).</exception>
    public static void Unmount(string path) => Unmount(path, lazy: false);

    /// <summary>
    /// Takes a mount, live or dead, out of the directory tree at once; its server ends when the last open file is closed.
    /// Uses umount2(2), and fusermount3 for users who may not.
    /// </summary>
    /// <param name="path">The mount point.</param>
    /// <exception cref="FuseException">Nothing is mounted there, or the caller may not unmount it.</exception>
    public static void LazyUnmount(string path) => Unmount(path, lazy: true);

    /// <summary>
    /// Clears away a mount whose process is gone (<see cref="FuseError.DeadMount"/>). Its guardian is given a second to do that, since
    /// whoever comes between its look at the mount and its unmount would lose a new mount to it.
    /// </summary>
    /// <param name="mountPoint">The mount point.</param>
    /// <exception cref="FuseException">The caller may not unmount it.</exception>
    public static void ClearDeadMount(string mountPoint)
    {
        var path = ResolveMountPoint(mountPoint);
        if (MountTable.Find(path) is { } dead && !SpinWait.SpinUntil(() => MountTable.Find(path) != dead, s_guardiansTime))
        {
            LazyUnmount(path);
        }
    }

    private static void Unmount(string path, bool lazy)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var error = LibC.umount2(path, lazy ? LibC.DetachMount : 0) == 0 ? 0 : (Errno)LibC.LastError;
        if (error == Errno.EPERM)
        {
            MountHelper.Unmount(path, lazy);
        }
        else if (error != 0)
        {
            throw new FuseException(FuseError.UnmountFailed, error, $"Cannot unmount {path}: {error}.");
        }
    }
}
