using System.Diagnostics;
using Mono.Unix.Native;
using Posix;
using Qcow2Fs.Image.Native;

namespace Qcow2Fs.Image.Locks;

/// <summary>
/// The locks of a commit: those of a QEMU writer, so that QEMU and this program shut each other out, and one more that only
/// Qcow2Fs takes. They are OFD locks, which belong to the descriptor, and end with <see cref="Release"/> or the process.
/// </summary>
/// <remarks>
/// QEMU locks first and tests second, so that of two starters at the same instant both may fail. That is right towards
/// QEMU, where a refusal is what the user wants to know of, but two Qcow2Fs commits are short and can take turns: each
/// waits for <see cref="MutexByte"/> before it touches QEMU's bytes.
/// </remarks>
internal static class WriterLock
{
    /// <summary>
    /// The byte that Qcow2Fs commits lock exclusively, far from QEMU's 100 to 104 and 200 to 204 and libvirt's 0: the
    /// number of the extension that commits use, "Q2FS".
    /// </summary>
    public const long MutexByte = Codec.ExtensionMagic.Skip;

    /// <summary>How long to wait for other Qcow2Fs commits.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    // QEMU's bytes (block/file-posix.c): 100 + permission "I use it", 200 + permission "I do not share it".
    private static ReadOnlySpan<byte> Taken => [100, 101, 103, 201, 203];

    private static ReadOnlySpan<byte> Tested => [200, 201, 203, 101, 103];

    /// <summary>Takes all locks, or throws; the caller then closes the file, which drops what was taken.</summary>
    /// <exception cref="ImageException">Busy: somebody else uses the image.</exception>
    public static void Take(in FileDescriptor file)
    {
        TakeMutex(file);
        foreach (var at in Taken)
        {
            ThrowIf(file.Lock(LibC.LockKind.Shared, at, 1));
        }

        foreach (var at in Tested)
        {
            ThrowIf(file.IsLockedByOthers(at, out var locked));
            if (locked)
            {
                throw Busy(at is 101 or 103 or 200 ? "another program writes to the image" : "another program uses the image and allows no writer");
            }
        }
    }

    /// <summary>
    /// Drops all locks. Closing would do as well, but not while a child process, on its way from fork to exec, shares the
    /// descriptor.
    /// </summary>
    public static void Release(in FileDescriptor file) => _ = file.Lock(LibC.LockKind.None, 0, 0);

    private static void TakeMutex(in FileDescriptor file)
    {
        var start = Stopwatch.GetTimestamp();
        Errno error;
        while ((error = file.Lock(LibC.LockKind.Exclusive, MutexByte, 1)) == Errno.EAGAIN)
        {
            if (Stopwatch.GetElapsedTime(start) > Timeout)
            {
                throw Busy("another mount of the image is in the middle of a commit, or a program has locked the whole file");
            }

            Thread.Sleep(1);
        }

        ThrowIf(error);
    }

    private static void ThrowIf(Errno error)
    {
        if (error == Errno.EAGAIN)
        {
            throw Busy("another program has locked the image");
        }

        ImageException.ThrowIf(error, "cannot be locked");
    }

    private static ImageException Busy(string message) => new(ImageError.Busy, Errno.EBUSY, message);
}
