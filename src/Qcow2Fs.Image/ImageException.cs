using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Qcow2Fs.Image;

/// <summary>An operation on an image file was refused or failed.</summary>
public sealed class ImageException : Exception
{
    /// <summary>Creates the refusal.</summary>
    /// <param name="error">The kind.</param>
    /// <param name="errno">What a system call would report.</param>
    /// <param name="message">One sentence for a person, without a trailing period.</param>
    public ImageException(ImageError error, Errno errno, string message)
        : base(message)
    {
        Error = error;
        Errno = errno;
    }

    /// <summary>The kind of refusal.</summary>
    public ImageError Error { get; }

    /// <summary>The system's number for it.</summary>
    public Errno Errno { get; }

    /// <summary>The refusal for an error of a system call.</summary>
    /// <param name="errno">The call's error.</param>
    /// <param name="action">What was being done, as in "cannot be opened".</param>
    internal static ImageException Of(Errno errno, string action) =>
        new(KindOf(errno), errno, $"the image {action}: {Marshal.GetPInvokeErrorMessage((int)errno)}");

    /// <summary>Throws if the call failed.</summary>
    internal static void ThrowIf(Errno errno, string action)
    {
        if (errno != 0)
        {
            throw Of(errno, action);
        }
    }

    private static ImageError KindOf(Errno errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => ImageError.NotFound,
        Errno.ELOOP or Errno.EISDIR => ImageError.NotAFile,
        Errno.EACCES or Errno.EPERM => ImageError.NoPermission,
        Errno.EROFS => ImageError.ReadOnly,
        Errno.EAGAIN or Errno.EBUSY or Errno.ETXTBSY => ImageError.Busy,
        Errno.ESTALE => ImageError.Stale,
        Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG => ImageError.NoRoom,
        _ => ImageError.Io,
    };
}
