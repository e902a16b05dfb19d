namespace Fuse3;

/// <summary>A mount and the thread that creates, serves and destroys it.</summary>
internal sealed class FuseMount : IFuseMount
{
    private readonly FuseFileSystemBase _fileSystem;
    private readonly MountOptions _options;
    private readonly WakeEvent _wake = new();
    private readonly TaskCompletionSource _mounted = new();
    // Continuations must not run on the loop's thread, which may be inside Dispose.
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;

    private FuseMount(string mountPoint, FuseFileSystemBase fileSystem, MountOptions options)
    {
        MountPoint = mountPoint;
        _fileSystem = fileSystem;
        _options = options;
        _thread = new Thread(Run) { IsBackground = true, Name = "fuse" };
    }

    public string MountPoint { get; }

    /// <summary>Returns when the mount is established.</summary>
    /// <exception cref="FuseException">The mount failed.</exception>
    public static FuseMount Start(string mountPoint, FuseFileSystemBase fileSystem, MountOptions options)
    {
        var mount = new FuseMount(mountPoint, fileSystem, options);
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

    private void Run()
    {
        Exception? failure = null;
        try
        {
            Serve();
        }
        catch (Exception e)
        {
            failure = e;
        }

        _wake.Dispose();
        if (failure is null)
        {
            _ended.SetResult();
        }
        else if (!_mounted.TrySetException(failure))
        {
            _ended.SetException(failure);
        }
    }

    private void Serve()
    {
        using var watchdog = new Watchdog();
        MountEntry? entry;
        using (var session = Mount())
        {
            entry = MountTable.Find(MountPoint);
            if (entry is not null)
            {
                watchdog.Watch(entry);
            }

            _mounted.SetResult();
            session.Serve(_wake);
        }

        // libfuse takes an aborted connection (fusectl) for an unmounted one and would leave the dead mount.
        if (entry is not null && MountTable.Find(MountPoint) == entry && MountPointCheck.IsDead(MountPoint))
        {
            Fuse.LazyUnmount(MountPoint);
        }
    }

    private Session Mount()
    {
        using var log = new LogCapture();
        var session = CreateSession(log);
        var error = session.Mount(MountPoint);
        if (error == 0)
        {
            return session;
        }

        session.Dispose();
        throw Requirements.Explain(error, log.Take(), MountPoint);
    }

    private Session CreateSession(LogCapture log)
    {
        try
        {
            return new Session(_fileSystem, _options.ToArgument(withNoReadOnlyFlush: true));
        }
        catch (FuseException)
        {
            // Before 3.11 libfuse does not know that option. If another option is wrong, the second attempt logs only that one.
            log.Take();
        }

        try
        {
            return new Session(_fileSystem, _options.ToArgument(withNoReadOnlyFlush: false));
        }
        catch (FuseException e)
        {
            throw new FuseException(e.Error, e.Errno, $"{e.Message} {log.Take()}");
        }
    }
}
