using System.Diagnostics;

namespace Fuse3.Native;

/// <summary>One libfuse file system. All on one thread: libfuse keeps per-thread data, which only that thread can free.</summary>
internal sealed unsafe class Session : IDisposable
{
    // How long to read the device in a loop before poll(2). A command makes several requests in a row, and waking a sleeping processor
    // takes longer than serving a request.
    private static readonly TimeSpan s_spinTime = TimeSpan.FromMicroseconds(50);

    private readonly LibFuse.Buffer* _buffer;
    private GCHandle<FuseFileSystemBase> _target;
    private readonly nint _fuse;
    private readonly nint _session;

    /// <exception cref="FuseException">libfuse does not accept the options, the value of one <c>-o</c>.</exception>
    public Session(FuseFileSystemBase fileSystem, string options, LogCapture log)
    {
        _target = new GCHandle<FuseFileSystemBase>(fileSystem);
        _fuse = Create(fileSystem, options, GCHandle<FuseFileSystemBase>.ToIntPtr(_target));
        if (_fuse == 0)
        {
            _target.Dispose();
            throw new FuseException(FuseError.InvalidOption, Errno.EINVAL, $"libfuse does not accept the mount options. {log.Take()}");
        }

        _session = LibFuse.fuse_get_session(_fuse);
        _buffer = (LibFuse.Buffer*)NativeMemory.AllocZeroed((nuint)sizeof(LibFuse.Buffer));
    }

    /// <summary>Mounts; on return the kernel queues requests.</summary>
    /// <returns>0 or the error number; EIO when libfuse left errno at 0.</returns>
    public int Mount(string mountPoint)
    {
        if (LibFuse.fuse_mount(_fuse, NativeName.Of(mountPoint)) == 0)
        {
            return 0;
        }

        return LibC.LastError is not 0 and var error ? error : Errno.EIO;
    }

    /// <summary>Serves requests until the mount is gone or <paramref name="wake"/> is set.</summary>
    /// <exception cref="FuseException">Reading requests failed.</exception>
    public void Serve(WakeEvent wake)
    {
        var device = LibFuse.fuse_session_fd(_session);
        // A blocking read would miss the wake event.
        LibC.fcntl(device, LibC.SetStatusFlags, LibC.fcntl(device, LibC.GetStatusFlags, 0) | LibC.NonBlocking);
        Span<LibC.PollDescriptor> descriptors = stackalloc LibC.PollDescriptor[2];
        descriptors[0] = new() { Descriptor = wake.Descriptor, Events = LibC.PollIn };
        descriptors[1] = new() { Descriptor = device, Events = LibC.PollIn };
        long lastServed = 0;
        while (LibFuse.fuse_session_exited(_session) == 0 && !wake.IsSet)
        {
            if (ServeOne())
            {
                lastServed = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(lastServed) > s_spinTime && LibC.poll(descriptors, 2, -1) < 0)
            {
                ThrowUnlessTransient(LibC.LastError);
            }
        }
    }

    /// <summary>
    /// Ends the connection on any thread: the kernel aborts every request, those of this process included. For that the device must be
    /// closed, and no file that is opened from now on may get its number, which libfuse still has.
    /// </summary>
    public void Abort()
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _ = LibC.dup2(nothing, LibFuse.fuse_session_fd(_session));
    }

    /// <summary>Ends the connection. The dead mount is the caller's: fuse_unmount(3) unmounts whatever is now at the first path.</summary>
    public void Dispose()
    {
        LibFuse.fuse_destroy(_fuse);
        NativeMemory.Free(_buffer->Memory);
        NativeMemory.Free(_buffer);
        _target.Dispose();
    }

    private static nint Create(FuseFileSystemBase fileSystem, string options, nint target)
    {
        var operations = stackalloc nint[OperationTable.Length];
        OperationTable.Fill(new Span<nint>(operations, OperationTable.Length), fileSystem);
        using var vector = new ArgumentVector(NativeName.Of("fuse"), NativeName.Of("-o"), NativeName.Of(options));
        var arguments = vector.View;
        var fuse = LibFuse.New(&arguments, operations, OperationTable.Length * (nuint)sizeof(nint), target);
        LibFuse.fuse_opt_free_args(&arguments);
        return fuse;
    }

    private static void ThrowUnlessTransient(int error)
    {
        if (error is not (Errno.EINTR or Errno.EAGAIN))
        {
            throw FuseException.FromErrno(FuseError.ConnectionLost, error, "Reading requests from the kernel failed");
        }
    }

    // False if there was no request. ECONNABORTED: the connection ended while the request was read; the next read fails with ENODEV, on
    // which libfuse marks the session as exited.
    private bool ServeOne()
    {
        var received = LibFuse.fuse_session_receive_buf(_session, _buffer);
        if (received > 0)
        {
            LibFuse.fuse_session_process_buf(_session, _buffer);
        }
        else if (received is < 0 and not -Errno.ECONNABORTED)
        {
            ThrowUnlessTransient(-received);
        }

        return received > 0;
    }
}
