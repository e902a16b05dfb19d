namespace Fuse3;

/// <summary>A mount, its request loop or an unmount failed. The message is for the user: one or more sentences.</summary>
public sealed class FuseException : Exception
{
    internal FuseException(FuseError error, int errno, string message)
        : base(message)
    {
        Error = error;
        Errno = errno;
    }

    /// <summary>The kind of failure.</summary>
    public FuseError Error { get; }

    /// <summary>The system's error number, such as <see cref="Fuse3.Errno.EBUSY"/>; 0 when none is known.</summary>
    public int Errno { get; }

    /// <summary>An exception whose message is the failure and the system's text for the error number.</summary>
    internal static FuseException FromErrno(FuseError error, int errno, string failure)
        => new(error, errno, $"{failure}: {Marshal.GetPInvokeErrorMessage(errno)}.");
}

/// <summary>Why a mount or unmount failed; carried by <see cref="FuseException"/>.</summary>
public enum FuseError
{
    /// <summary>libfuse or the kernel failed for a reason not listed here; see the message and <see cref="FuseException.Errno"/>.</summary>
    MountFailed,

    /// <summary>libfuse3 is not installed.</summary>
    LibraryMissing,

    /// <summary>/dev/fuse does not exist: the kernel module is not loaded, or a container hides the device.</summary>
    DeviceMissing,

    /// <summary>fusermount3, which mounts and unmounts for users other than root, is not installed.</summary>
    HelperMissing,

    /// <summary>The caller may not mount here.</summary>
    PermissionDenied,

    /// <summary>The mount point does not exist.</summary>
    MountPointMissing,

    /// <summary>The mount point is not a directory.</summary>
    MountPointNotDirectory,

    /// <summary>A live file system of the same type is already mounted there.</summary>
    AlreadyMounted,

    /// <summary>A mount of the same type is there, but its process is gone; <see cref="Fuse.ClearDeadMount"/> unmounts it.</summary>
    DeadMount,

    /// <summary>libfuse does not know one of the mount options, or its value is not valid.</summary>
    InvalidOption,

    /// <summary>Reading requests from the kernel failed; the mount has ended.</summary>
    ConnectionLost,

    /// <summary>The unmount failed.</summary>
    UnmountFailed,
}
