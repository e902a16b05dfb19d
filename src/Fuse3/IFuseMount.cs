namespace Fuse3;

/// <summary>A mounted file system, served by its own thread until it is unmounted from here or from outside.</summary>
/// <remarks>
/// <para>The program handles signals: register handlers (PosixSignalRegistration) that call <see cref="UnmountAsync"/>. If the process dies
/// without unmounting, a watchdog unmounts, provided that Main calls <see cref="Fuse.RunWatchdog"/>.</para>
/// <para>All members may be called from any thread, at any time and more than once. To detach the mount while open files stay usable, call
/// <see cref="Fuse.LazyUnmount"/> with <see cref="MountPoint"/>.</para>
/// </remarks>
public interface IFuseMount : IDisposable
{
    /// <summary>The absolute path of the mount point with symbolic links resolved.</summary>
    string MountPoint { get; }

    /// <summary>Finishes the current request, then unmounts, even if files are open: further use of them fails with ENOTCONN.</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>True when the mount is gone; false when a callback still runs after the timeout: the unmount stays requested.</returns>
    Task<bool> UnmountAsync(TimeSpan timeout);

    /// <summary>
    /// Unmounts at once, also while a callback does not return, and aborts all requests: programs that wait for an answer get an error. A
    /// callback that itself waits for this mount is freed by that. <see cref="WaitForUnmountAsync"/> still waits for the callback.
    /// </summary>
    /// <exception cref="FuseException">The unmount failed.</exception>
    void Abort();

    /// <summary>Completes when the mount is gone, for whatever reason, and its resources are freed.</summary>
    /// <returns>A task that fails with a <see cref="FuseException"/> (ConnectionLost) if reading requests failed.</returns>
    Task WaitForUnmountAsync();
}
