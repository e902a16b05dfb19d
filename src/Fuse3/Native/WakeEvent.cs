using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;
using Posix;

namespace Fuse3.Native;

/// <summary>An eventfd(2) that wakes the request loop. Thread-safe.</summary>
internal sealed class WakeEvent : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _handle;
    private bool _isSet;

    /// <exception cref="FuseException">No descriptor is left.</exception>
    public WakeEvent()
    {
        _handle = LibC.eventfd(0, LibC.CloseOnExec | LibC.NonBlocking);
        if (_handle.IsInvalid)
        {
            var error = (Errno)LibC.LastError;
            throw new FuseException(FuseError.MountFailed, error, $"eventfd failed: {error}.");
        }
    }

    /// <summary>For poll(2) by the thread that later disposes of this object.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Whether <see cref="Set"/> was called.</summary>
    public bool IsSet => Volatile.Read(ref _isSet);

    /// <summary>Makes <see cref="Descriptor"/> readable for good; only the flag changes after Dispose.</summary>
    public void Set()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isSet, true);
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
