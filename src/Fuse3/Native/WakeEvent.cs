namespace Fuse3.Native;

/// <summary>An eventfd(2) that wakes the request loop. Thread-safe.</summary>
internal sealed class WakeEvent : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _handle;
    private volatile bool _isSet;

    /// <exception cref="FuseException">No descriptor is free.</exception>
    public WakeEvent()
    {
        _handle = LibC.eventfd(0, LibC.CloseOnExec | LibC.NonBlocking);
        if (_handle.IsInvalid)
        {
            throw FuseException.FromErrno(FuseError.MountFailed, LibC.LastError, "Cannot create an eventfd");
        }
    }

    /// <summary>For poll(2), on the thread that later disposes of this object.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Whether <see cref="Set"/> was called.</summary>
    public bool IsSet => _isSet;

    /// <summary>Makes <see cref="Descriptor"/> readable permanently. After Dispose it only sets the flag.</summary>
    public void Set()
    {
        lock (_gate)
        {
            _isSet = true;
            if (!_handle.IsClosed)
            {
                _ = LibC.write(_handle, BitConverter.GetBytes(1UL), sizeof(ulong));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _handle.Dispose();
        }
    }
}
