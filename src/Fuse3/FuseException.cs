using Mono.Unix.Native;

namespace Fuse3;

/// <summary>A mount, its request loop or an unmount failed. The message is one sentence or more for the user.</summary>
public sealed class FuseException : Exception
{
    internal FuseException(FuseError error, Errno errno, string message)
        : base(message)
    {
        Error = error;
        Errno = errno;
    }

    /// <summary>The kind of failure.</summary>
    public FuseError Error { get; }

    /// <summary>The system's error number; 0 when none is known.</summary>
    public Errno Errno { get; }
}
