using Fuse3.Native;

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
    /// <exception cref="FuseException">It could not be.</exception>
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
        var ended = WaitForUnmountAsync();
        await ((Task)Task.WhenAny(ended).WaitAsync(timeout)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ended.IsCompleted;
    }

    public void LazyUnmount() => Fuse.LazyUnmount(MountPoint);

    public Task WaitForUnmountAsync() => _ended.Task;

    /// <summary>Unmounts and waits for it, without a limit; called from a callback it only requests the unmount.</summary>
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

        // A connection that was aborted (fusectl) looks to libfuse like one that was unmounted: the mount would stay, dead.
        if (entry is not null && MountTable.Find(MountPoint) == entry && MountPointCheck.IsDead(MountPoint))
        {
            LazyUnmount();
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
            return new Session(_fileSystem, MountArguments.Build(_options, withNoReadOnlyFlush: true));
        }
        catch (FuseException)
        {
            // Before 3.11 libfuse does not know that option; if another one is wrong, only the second attempt's words count.
            log.Take();
        }

        try
        {
            return new Session(_fileSystem, MountArguments.Build(_options, withNoReadOnlyFlush: false));
        }
        catch (FuseException e)
        {
            throw new FuseException(e.Error, e.Errno, $"{e.Message} {log.Take()}");
        }
    }
}
