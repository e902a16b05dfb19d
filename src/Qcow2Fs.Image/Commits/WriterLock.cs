using System.Diagnostics;

namespace Qcow2Fs.Image.Commits;

/// <summary>
/// The locks of a commit: those of a QEMU writer, so that QEMU and this program shut each other out, and one more that only Qcow2Fs takes.
/// They are OFD locks, held by the open file description until <see cref="Dispose"/> or the end of the process.
/// </summary>
/// <remarks>
/// QEMU locks first and tests second, so that two programs that start at once may both fail. Against QEMU that is right: the user must
/// learn that the image is in use. But two Qcow2Fs commits are short and can take turns: each waits for <see cref="MutexByte"/> before it
/// touches QEMU's bytes. The wait must be short, because it is on the only thread of a mount. Only who may write the image can hold an
/// exclusive lock on it, so a shared lock is never a commit's and is not waited for: a reader cannot delay a mount.
/// </remarks>
internal readonly ref struct WriterLock : IDisposable
{
    /// <summary>
    /// The byte that Qcow2Fs commits lock exclusively, far from QEMU's 100 to 104 and 200 to 204 and libvirt's 0: the
    /// number of the extension that commits use, "Q2FS". Each locks a random number of bytes behind it as well: the length of the lock
    /// shows those that wait whether the holder is still the same.
    /// </summary>
    public const long MutexByte = Codec.ExtensionMagic.Skip;

    // Many that take turns make progress, but a mount must not wait for them for ever.
    private const int MaxTurns = 20;

    private readonly FileDescriptor _file;

    // QEMU's bytes (block/file-posix.c): 100 + permission "I use it", 200 + permission "I do not share it".
    private static ReadOnlySpan<byte> Taken => [100, 101, 103, 201, 203];

    private static ReadOnlySpan<byte> Tested => [200, 201, 203, 101, 103];

    /// <summary>Takes all locks, or throws; the caller then closes the file, which drops what was taken.</summary>
    /// <param name="file">The image.</param>
    /// <param name="longestTurn">How long to wait for one other commit; for all together, 20 times as long.</param>
    /// <exception cref="ImageException">EBUSY: another program uses the image.</exception>
    public WriterLock(FileDescriptor file, TimeSpan longestTurn)
    {
        _file = file;
        TakeMutex(file, longestTurn);
        foreach (var offset in Taken)
        {
            ThrowIf(file.Lock(LibC.LockKind.Shared, offset, 1));
        }

        foreach (var offset in Tested)
        {
            ThrowIf(file.IsLockedByOthers(offset, out var locked));
            if (locked)
            {
                throw Busy(offset is 101 or 103 or 200
                    ? "another program writes to the image"
                    : "another program uses the image and allows no writer");
            }
        }
    }

    /// <summary>Drops all locks. Closing the file would not, while a child between fork and exec has a copy of the descriptor.</summary>
    public void Dispose() => _ = _file.Lock(LibC.LockKind.None, 0, 0);

    private static void TakeMutex(FileDescriptor file, TimeSpan longestTurn)
    {
        var length = 1L + Random.Shared.Next();
        var start = Stopwatch.GetTimestamp();
        var (turn, turnStart) = (0L, start);
        Errno error;
        while ((error = file.Lock(LibC.LockKind.Exclusive, MutexByte, length)) == Errno.EAGAIN)
        {
            ThrowIf(file.FindLockOfOthers(MutexByte, length, out var other));
            if (other.Kind == LibC.LockKind.Shared)
            {
                throw Busy("a program that reads the image has locked the byte that Qcow2Fs locks for a commit, or the whole file");
            }

            if (other.Length != turn)
            {
                (turn, turnStart) = (other.Length, Stopwatch.GetTimestamp());
            }

            if (Stopwatch.GetElapsedTime(turnStart) > longestTurn || Stopwatch.GetElapsedTime(start) > MaxTurns * longestTurn)
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

    private static ImageException Busy(string message) => new(Errno.EBUSY, message);
}
