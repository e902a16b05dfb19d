namespace Fuse3;

/// <summary>
/// A mounted file system, served by a thread of its own until it is unmounted from here or from outside. Signals are the program's
/// business: register handlers (PosixSignalRegistration) that call <see cref="UnmountAsync"/>; after a process
/// that dies without unmounting a small shell process does it, its watchdog.
/// </summary>
/// <remarks>All members may be called from any thread, at any time and more than once.</remarks>
public interface IFuseMount : IDisposable
{
    /// <summary>The absolute path of the mount point with symbolic links resolved.</summary>
    string MountPoint { get; }

    /// <summary>
    /// Finishes the request being served, then unmounts, even if files are open: what their holders do next fails with ENOTCONN.
    /// </summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>True when the mount is gone; false when a callback still runs after <paramref name="timeout"/>: the unmount stays
    /// requested.</returns>
    Task<bool> UnmountAsync(TimeSpan timeout);

    /// <summary>
    /// Takes the mount out of the directory tree at once; files that are open stay usable, and serving ends when the last one is closed.
    /// </summary>
    /// <exception cref="FuseException">The kernel or fusermount3 refused.</exception>
    void LazyUnmount();

    /// <summary>Completes when the mount is gone and its resources are freed, whoever unmounted it.</summary>
    /// <returns>A task that fails with <see cref="FuseException"/> (<see cref="FuseError.ConnectionLost"/>) if reading requests
    /// failed.</returns>
    Task WaitForUnmountAsync();
}
