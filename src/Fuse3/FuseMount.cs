namespace Fuse3;

/// <summary>A mount and the thread that creates, serves and destroys it.</summary>
internal sealed class FuseMount(string mountPoint, FuseFileSystemBase fileSystem, MountOptions options) : IFuseMount
{
    private readonly WakeEvent _wake = new();
    private readonly TaskCompletionSource _mounted = new();
    // Continuations must not run on the loop's thread, which may be inside Dispose.
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;

    // Guards what both the end of the thread and Abort use up.
    private readonly Lock _gate = new();
    private Watchdog? _watchdog;
    private Session? _session;
    private KernelMount? _mount;

    public string MountPoint => mountPoint;

    /// <summary>Returns when the mount is established.</summary>
    /// <exception cref="FuseException">The mount failed.</exception>
    public static FuseMount Start(string mountPoint, FuseFileSystemBase fileSystem, MountOptions options)
    {
        var mount = new FuseMount(mountPoint, fileSystem, options);
        mount._thread = new Thread(mount.Run) { IsBackground = true, Name = "fuse" };
        mount._thread.Start();
        mount._mounted.Task.GetAwaiter().GetResult();
        return mount;
    }

    public async Task<bool> UnmountAsync(TimeSpan timeout)
    {
        _wake.Set();
        // Without an exception: not for the timeout, and not for a failed loop, which WaitForUnmountAsync reports.
        await ((Task)Task.WhenAny(_ended.Task).WaitAsync(timeout)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _ended.Task.IsCompleted;
    }

    public Task WaitForUnmountAsync() => _ended.Task;

    /// <summary>Unmounts and waits without a limit; in a callback it only requests the unmount.</summary>
    public void Dispose()
    {
        _wake.Set();
        if (Thread.CurrentThread != _thread)
        {
            Task.WhenAny(_ended.Task).Wait();
        }
    }

    public void Abort()
    {
        _wake.Set();
        lock (_gate)
        {
            if (_mount is not null)
            {
                _session!.Abort();
                End();
            }
        }
    }

    private void Run()
    {
        try
        {
            using (_wake)
            {
                Serve();
            }

            _ended.SetResult();
        }
        catch (Exception e)
        {
            if (!_mounted.TrySetException(e))
            {
                _ended.SetException(e);
            }
        }
    }

    private void Serve()
    {
        _watchdog = Watchdog.Start(mountPoint);
        try
        {
            _session = Mount();
            _mount = KernelMount.At(NativeName.Of(mountPoint));
            if (_mount is not null)
            {
                _watchdog?.Watch(_mount);
            }

            _mounted.SetResult();
            _session.Serve(_wake);
        }
        finally
        {
            lock (_gate)
            {
                _session?.Dispose();
                End();
            }
        }
    }

    // The connection has ended, so the mount is dead, or gone if it was unmounted from outside.
    private void End()
    {
        try
        {
            _mount?.DetachIfDead();
        }
        finally
        {
            _mount = null;
            _watchdog?.Dispose();
        }
    }

    private Session Mount()
    {
        using var log = new LogCapture();
        using var reservation = Fuse3.MountPoint.Reserve(mountPoint, options.Subtype);
        var session = CreateSession(log);
        var error = session.Mount(mountPoint);
        if (error == 0)
        {
            return session;
        }

        session.Dispose();
        throw Requirements.Explain(error, log.Take(), mountPoint);
    }

    private Session CreateSession(LogCapture log)
    {
        try
        {
            return new Session(fileSystem, options.ToArgument(withNoReadOnlyFlush: true), log);
        }
        catch (FuseException)
        {
            // Before 3.11 libfuse does not know that option. If another option is wrong, the second attempt logs only that one.
            return new Session(fileSystem, options.ToArgument(withNoReadOnlyFlush: false), log);
        }
    }
}
