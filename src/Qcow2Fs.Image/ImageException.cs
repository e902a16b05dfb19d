namespace Qcow2Fs.Image;

/// <summary>An operation on an image file was refused or failed. The message is a sentence without a trailing period.</summary>
public sealed class ImageException(Errno errno, string message) : Exception(message)
{
    /// <summary>
    /// The error that a system call would report. EBUSY: another program uses the image; ESTALE: another file took its name during the
    /// commit; ENOSPC: no room on the file system, or none in the first cluster for a change that a crash survives.
    /// </summary>
    public Errno Errno { get; } = errno;

    /// <summary>
    /// Whether a write or a flush failed in the middle of a commit, this one or an earlier one: nobody knows what the medium holds, and no
    /// further commit is made. Otherwise the operation has changed nothing.
    /// </summary>
    public bool StateUnknown { get; init; }

    /// <summary>Another file has taken the image's name, and what was asked for was meant for the one before.</summary>
    public static ImageException Stale() => new(Errno.ESTALE, "another file has taken the image's name since this one was opened");

    /// <summary>The exception for an error of a system call; the action is what failed, as in "cannot be opened".</summary>
    internal static ImageException Of(Errno errno, string action) =>
        new(errno, $"the image {action}: {Marshal.GetPInvokeErrorMessage((int)errno)}");

    internal static void ThrowIf(Errno errno, string action)
    {
        if (errno != 0)
        {
            throw Of(errno, action);
        }
    }
}
