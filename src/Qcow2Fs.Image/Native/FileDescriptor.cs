using Mono.Unix.Native;
using Posix;

namespace Qcow2Fs.Image.Native;

/// <summary>
/// An open file: a bare descriptor, closed by its owner. A struct, because every read of a mount opens the image and must not allocate;
/// .NET's own file types take flock locks and keep buffers, neither of which an image may get.
/// </summary>
internal readonly unsafe struct FileDescriptor : IDisposable
{
    private FileDescriptor(int descriptor) => Descriptor = descriptor;

    /// <summary>errno of the last call.</summary>
    public static Errno LastError => (Errno)LibC.LastError;

    /// <summary>The descriptor.</summary>
    public int Descriptor { get; }

    /// <summary>Opens a name in a directory.</summary>
    /// <param name="directory">The directory's descriptor, or <see cref="LibC.CurrentDirectory"/>.</param>
    /// <param name="name">The name.</param>
    /// <param name="mode">How.</param>
    /// <param name="file">The open file.</param>
    public static Errno Open(int directory, NativeName name, OpenMode mode, out FileDescriptor file)
    {
        int descriptor;
        do
        {
            descriptor = LibC.openat(directory, name, mode, 0);
        }
        while (descriptor < 0 && LastError == Errno.EINTR);
        file = new(descriptor);
        return descriptor < 0 ? LastError : 0;
    }

    /// <summary>Opens a path below a directory; no part of it may be a symbolic link or lead up.</summary>
    /// <param name="directory">The directory's descriptor.</param>
    /// <param name="path">The path.</param>
    /// <param name="mode">How.</param>
    /// <param name="file">The open file.</param>
    public static Errno OpenBelow(int directory, NativeName path, OpenMode mode, out FileDescriptor file)
    {
        var how = new LibC.OpenHow { Flags = (uint)mode.Flags, Resolve = LibC.OpenHow.DownOnly };
        int descriptor;
        do
        {
            descriptor = LibC.openat2(directory, path, how);
        }
        while (descriptor < 0 && LastError == Errno.EINTR);
        file = new(descriptor);
        return descriptor < 0 ? LastError : 0;
    }

    /// <summary>The attributes of the open file.</summary>
    public Errno Status(out ImageStatus status) => NameInDirectory.Status(Descriptor, default, out status);

    /// <summary>Fills the buffer as far as the file reaches; how much that is.</summary>
    public Errno Read(long offset, Span<byte> buffer, out int read)
    {
        read = 0;
        fixed (byte* p = buffer)
        {
            while (read < buffer.Length)
            {
                var n = LibC.pread(Descriptor, p + read, (nuint)(buffer.Length - read), offset + read);
                if (n == 0)
                {
                    break;
                }

                if (n > 0)
                {
                    read += (int)n;
                }
                else if (LastError is not Errno.EINTR and var error)
                {
                    return error;
                }
            }
        }

        return 0;
    }

    /// <summary>One write, which may be interrupted or short: the executor decides what then.</summary>
    public Errno Write(long offset, ReadOnlySpan<byte> data, out int written)
    {
        fixed (byte* p = data)
        {
            var n = LibC.pwrite(Descriptor, p, (nuint)data.Length, offset);
            written = (int)Math.Max(0, n);
            return n < 0 ? LastError : 0;
        }
    }

    /// <summary>One fdatasync: bytes and length are on the medium when it returns 0.</summary>
    public Errno Flush() => LibC.fdatasync(Descriptor) < 0 ? LastError : 0;

    /// <summary>Where the last byte ends: also right for block devices, whose st_size is 0.</summary>
    public Errno Length(out long length)
    {
        length = LibC.lseek(Descriptor, 0, LibC.SeekEnd);
        return length < 0 ? LastError : 0;
    }

    /// <summary>Takes or drops an OFD lock. EAGAIN: another open file description holds a conflicting one.</summary>
    /// <param name="kind">Shared, Exclusive or None.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="length">How many; 0 for all from there on.</param>
    public Errno Lock(LibC.LockKind kind, long start, long length)
    {
        var request = new LibC.FileLock { Kind = kind, Start = start, Length = length };
        return Control(LibC.SetLock, ref request) is var error && error == Errno.EACCES ? Errno.EAGAIN : error;
    }

    /// <summary>Whether another open file description holds any lock on the byte.</summary>
    public Errno IsLockedByOthers(long offset, out bool locked)
    {
        var request = new LibC.FileLock { Kind = LibC.LockKind.Exclusive, Start = offset, Length = 1 };
        var error = Control(LibC.GetLock, ref request);
        locked = request.Kind != LibC.LockKind.None;
        return error;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LibC.close(Descriptor);

    private Errno Control(int command, ref LibC.FileLock request)
    {
        while (LibC.fcntl(Descriptor, command, ref request) < 0)
        {
            if (LastError is not Errno.EINTR and var error)
            {
                return error;
            }
        }

        return 0;
    }
}
