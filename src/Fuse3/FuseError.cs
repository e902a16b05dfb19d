namespace Fuse3;

/// <summary>Why a mount or unmount failed; carried by <see cref="FuseException"/>.</summary>
public enum FuseError
{
    /// <summary>
    /// libfuse or the kernel refused for a reason not listed here; see the message and <see cref="FuseException.Errno"/>.
    /// </summary>
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

    /// <summary>
    /// A file system of the same type is mounted there but its process is gone; <see cref="Fuse.ClearDeadMount"/> clears it away.
    /// </summary>
    DeadMount,

    /// <summary>libfuse does not know one of the mount options, or its value is not valid.</summary>
    InvalidOption,

    /// <summary>Reading requests from the kernel failed; the mount has ended.</summary>
    ConnectionLost,

    /// <summary>The unmount failed.</summary>
    UnmountFailed,
}
