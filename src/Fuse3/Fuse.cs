using System.Diagnostics.CodeAnalysis;

namespace Fuse3;

/// <summary>Mounts file systems with libfuse 3, on Linux x64 and arm64.</summary>
public static class Fuse
{
    private static readonly TimeSpan s_watchdogTime = TimeSpan.FromSeconds(1);

    /// <summary>What to install when <see cref="CheckDependencies"/> finds something missing.</summary>
    public static string InstallationHint
        => "Install libfuse 3: on Debian and Ubuntu the packages libfuse3-3 (libfuse3-4 in newer releases) and fuse3, "
        + "on Fedora, RHEL and SUSE fuse3 and its libraries, on Alpine and Arch fuse3.";

    /// <summary>Looks for libfuse3, /dev/fuse and, unless run by root, fusermount3.</summary>
    /// <param name="problem">What is missing and what to install; null when nothing is missing.</param>
    /// <returns>True when nothing is missing; a mount can still fail for other reasons.</returns>
    public static bool CheckDependencies([NotNullWhen(false)] out string? problem)
    {
        problem = Requirements.FindMissingForUser()?.Message;
        return problem is null;
    }

    /// <summary>
    /// To be called first in Main. Each mount of a program that does so has a watchdog, which unmounts when the process dies without
    /// unmounting: the same program, started once more with an argument of its own. In that process this method returns true when the
    /// watchdog's work is done.
    /// </summary>
    /// <param name="args">The arguments of Main.</param>
    /// <returns>True in a watchdog, which then must return from Main; false in every other process.</returns>
    public static bool RunWatchdog(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return Watchdog.Run(args);
    }

    /// <summary>Mounts a file system and serves it on a new thread. On return the mount is established.</summary>
    /// <param name="mountPoint">An existing directory that no live or dead mount of the same type covers.</param>
    /// <param name="fileSystem">Receives the operations, on the new thread only. The caller keeps it and disposes of it at the end.</param>
    /// <param name="options">How to mount; null for the defaults.</param>
    /// <exception cref="FuseException">The mount failed; <see cref="FuseException.Error"/> is the reason.</exception>
    /// <exception cref="ArgumentException">An option is empty or contains a NUL.</exception>
    public static IFuseMount Mount(string mountPoint, FuseFileSystemBase fileSystem, MountOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(mountPoint);
        ArgumentNullException.ThrowIfNull(fileSystem);
        options ??= new MountOptions();
        if (Requirements.FindMissing() is { } missing)
        {
            throw missing;
        }

        var path = MountPoint.Resolve(mountPoint);
        MountPoint.ThrowIfMounted(path, mountPoint, options.Subtype);
        return FuseMount.Start(path, fileSystem, options);
    }

    /// <summary>Resolves a path to the form of the kernel's mount table and <see cref="IFuseMount.MountPoint"/>.</summary>
    /// <param name="mountPoint">Any path of the mount point, whose mount may be dead.</param>
    /// <returns>An absolute path without symbolic links; the argument itself if the path does not exist.</returns>
    public static string ResolveMountPoint(string mountPoint)
    {
        _ = MountPoint.TryResolve(mountPoint, out var path);
        return path;
    }

    /// <summary>
    /// The type of the topmost mount at a path, such as <c>fuse.hello</c>; null when nothing is mounted there. Reads the kernel's table
    /// and does not touch the mount, which may be dead.
    /// </summary>
    /// <param name="path">An absolute path without symbolic links.</param>
    public static string? TypeMountedAt(string path) => MountTable.Find(path)?.Type;

    /// <summary>Unmounts with umount2(2), or fusermount3 for users without that privilege.</summary>
    /// <param name="path">The mount point, of a live or a dead mount.</param>
    /// <exception cref="FuseException">Nothing is mounted there, the caller may not unmount it, or it is in use (EBUSY).</exception>
    public static void Unmount(string path) => Unmount(path, lazy: false);

    /// <summary>
    /// Detaches a mount, live or dead, from the directory tree at once. Open files stay usable; the server ends when the last one is
    /// closed. Uses umount2(2), or fusermount3 for users without that privilege.
    /// </summary>
    /// <param name="path">The mount point.</param>
    /// <exception cref="FuseException">Nothing is mounted there, or the caller may not unmount it.</exception>
    public static void LazyUnmount(string path) => Unmount(path, lazy: true);

    /// <summary>
    /// Unmounts a mount whose process is gone (<see cref="FuseError.DeadMount"/>). Waits up to a second for its watchdog to do that.
    /// Otherwise the watchdog could unmount a mount created between its check and its umount.
    /// </summary>
    /// <param name="mountPoint">The mount point.</param>
    /// <exception cref="FuseException">The caller may not unmount it.</exception>
    public static void ClearDeadMount(string mountPoint)
    {
        if (KernelMount.At(NativeName.Of(ResolveMountPoint(mountPoint))) is { } mount && mount.IsDead()
            && !SpinWait.SpinUntil(() => !mount.IsInPlace(), s_watchdogTime))
        {
            mount.DetachIfDead();
        }
    }

    private static void Unmount(string path, bool lazy)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var name = NativeName.Of(path);
        var error = LibC.umount2(name, lazy ? LibC.DetachMount : 0) == 0 ? 0 : LibC.LastError;
        if (error == Errno.EPERM)
        {
            MountHelper.Unmount(name, lazy);
        }
        else if (error != 0)
        {
            throw FuseException.FromErrno(FuseError.UnmountFailed, error, $"Cannot unmount {path}");
        }
    }
}
