namespace Fuse3;

/// <summary>
/// Error numbers of errno(3) that file systems return, negative as in libfuse: <c>return -Errno.ENOENT;</c>. The values are those of Linux
/// on x64 and arm64. Any other number of errno(3) may be returned as well.
/// </summary>
public static class Errno
{
    /// <summary>Operation not permitted: also the usual answer for an operation that the file system never allows.</summary>
    public const int EPERM = 1;
    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;
    /// <summary>A signal interrupted the call.</summary>
    public const int EINTR = 4;
    /// <summary>Input/output error: the storage failed; also an internal error.</summary>
    public const int EIO = 5;
    /// <summary>No such device or address.</summary>
    public const int ENXIO = 6;
    /// <summary>Argument list too long.</summary>
    public const int E2BIG = 7;
    /// <summary>The descriptor does not allow this operation.</summary>
    public const int EBADF = 9;
    /// <summary>Try again; the call would block.</summary>
    public const int EAGAIN = 11;
    /// <summary>Out of memory.</summary>
    public const int ENOMEM = 12;
    /// <summary>Permission denied by mode bits or ownership.</summary>
    public const int EACCES = 13;
    /// <summary>Bad address.</summary>
    public const int EFAULT = 14;
    /// <summary>The file, lock or mount is in use.</summary>
    public const int EBUSY = 16;
    /// <summary>The name already exists.</summary>
    public const int EEXIST = 17;
    /// <summary>The two names are on different file systems.</summary>
    public const int EXDEV = 18;
    /// <summary>The device does not support this operation, or is gone.</summary>
    public const int ENODEV = 19;
    /// <summary>Not a directory.</summary>
    public const int ENOTDIR = 20;
    /// <summary>Is a directory.</summary>
    public const int EISDIR = 21;
    /// <summary>Invalid argument or value.</summary>
    public const int EINVAL = 22;
    /// <summary>Too many open files in the system.</summary>
    public const int ENFILE = 23;
    /// <summary>Too many open files in this process.</summary>
    public const int EMFILE = 24;
    /// <summary>No such ioctl.</summary>
    public const int ENOTTY = 25;
    /// <summary>The program file is being executed.</summary>
    public const int ETXTBSY = 26;
    /// <summary>The file would become too large.</summary>
    public const int EFBIG = 27;
    /// <summary>No space left.</summary>
    public const int ENOSPC = 28;
    /// <summary>The file cannot seek.</summary>
    public const int ESPIPE = 29;
    /// <summary>Read-only file system.</summary>
    public const int EROFS = 30;
    /// <summary>Too many links.</summary>
    public const int EMLINK = 31;
    /// <summary>Nobody reads the other end.</summary>
    public const int EPIPE = 32;
    /// <summary>The result does not fit.</summary>
    public const int ERANGE = 34;
    /// <summary>Waiting would deadlock.</summary>
    public const int EDEADLK = 35;
    /// <summary>The name is too long.</summary>
    public const int ENAMETOOLONG = 36;
    /// <summary>No locks available.</summary>
    public const int ENOLCK = 37;
    /// <summary>Not implemented: the kernel may stop sending this operation.</summary>
    public const int ENOSYS = 38;
    /// <summary>The directory is not empty.</summary>
    public const int ENOTEMPTY = 39;
    /// <summary>Too many symbolic links.</summary>
    public const int ELOOP = 40;
    /// <summary>No such extended attribute.</summary>
    public const int ENODATA = 61;
    /// <summary>Protocol error.</summary>
    public const int EPROTO = 71;
    /// <summary>Corrupt data, for example a wrong checksum.</summary>
    public const int EBADMSG = 74;
    /// <summary>The value does not fit its type.</summary>
    public const int EOVERFLOW = 75;
    /// <summary>Not supported for this file.</summary>
    public const int EOPNOTSUPP = 95;
    /// <summary>The connection was aborted.</summary>
    public const int ECONNABORTED = 103;
    /// <summary>Not connected: the error of every use of a mount whose server is gone.</summary>
    public const int ENOTCONN = 107;
    /// <summary>Timed out.</summary>
    public const int ETIMEDOUT = 110;
    /// <summary>The handle refers to a file that no longer exists.</summary>
    public const int ESTALE = 116;
    /// <summary>Disk quota exceeded.</summary>
    public const int EDQUOT = 122;
    /// <summary>Canceled.</summary>
    public const int ECANCELED = 125;
}
