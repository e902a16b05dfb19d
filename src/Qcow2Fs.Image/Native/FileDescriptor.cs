using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Qcow2Fs.Image.Native;

/// <summary>
/// An open file: a bare descriptor, closed by its owner. A struct, because the hot path opens an image for every read and
/// must not allocate; .NET's own file types take flock locks and buffers that have no place on an image.
/// </summary>
internal readonly unsafe struct FileDescriptor : IDisposable
{
    private const int SeekEnd = 2;

    private FileDescriptor(int descriptor) => Descriptor = descriptor;

    /// <summary>The descriptor.</summary>
    public int Descriptor { get; }

    /// <summary>Opens a name in a directory.</summary>
    /// <param name="directory">The directory's descriptor, or <see cref="NameInDirectory.CurrentDirectory"/>.</param>
    /// <param name="name">Zero-terminated.</param>
    /// <param name="flags">One of <see cref="OpenMode"/>.</param>
    /// <param name="handle">The open file.</param>
    public static Errno Open(int directory, ReadOnlySpan<byte> name, int flags, out FileDescriptor handle)
    {
        int descriptor;
        fixed (byte* p = name)
        {
            do
            {
                descriptor = Libc.OpenAt(directory, p, flags, 0);
            }
            while (descriptor < 0 && LastError() == Errno.EINTR);
        }

        handle = new(descriptor);
        return descriptor < 0 ? LastError() : 0;
    }

    /// <summary>Opens a path below a directory; no part of it may be a symbolic link or lead up.</summary>
    /// <param name="directory">The directory's descriptor.</param>
    /// <param name="path">Zero-terminated.</param>
    /// <param name="flags">One of <see cref="OpenMode"/>.</param>
    /// <param name="handle">The open file.</param>
    public static Errno OpenBelow(int directory, ReadOnlySpan<byte> path, int flags, out FileDescriptor handle)
    {
        var how = new OpenHow { Flags = (uint)flags, Resolve = OpenHow.DownOnly };
        int descriptor;
        fixed (byte* p = path)
        {
            do
            {
                descriptor = (int)Libc.OpenAt2(OpenHow.SystemCall, directory, p, &how, (nuint)sizeof(OpenHow));
            }
            while (descriptor < 0 && LastError() is Errno.EINTR);
        }

        handle = new(descriptor);
        return descriptor < 0 ? LastError() : 0;
    }

    /// <summary>What statx says of the open file.</summary>
    public Errno Status(out ImageStatus status) => NameInDirectory.Status(Descriptor, [0], out status);

    /// <summary>Fills the buffer as far as the file reaches; how much that is.</summary>
    public Errno Read(long offset, Span<byte> buffer, out int read)
    {
        read = 0;
        fixed (byte* p = buffer)
        {
            while (read < buffer.Length)
            {
                var n = Libc.PositionedRead(Descriptor, p + read, (nuint)(buffer.Length - read), offset + read);
                if (n == 0)
                {
                    break;
                }

                if (n > 0)
                {
                    read += (int)n;
                }
                else if (LastError() is not Errno.EINTR and var error)
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
            var n = Libc.PositionedWrite(Descriptor, p, (nuint)data.Length, offset);
            written = (int)Math.Max(0, n);
            return n < 0 ? LastError() : 0;
        }
    }

    /// <summary>One fdatasync: bytes and length are on the medium when it returns 0.</summary>
    public Errno Flush() => Libc.DataSync(Descriptor) < 0 ? LastError() : 0;

    /// <summary>Where the last byte ends: also right for block devices, of which stat says 0.</summary>
    public Errno Length(out long length)
    {
        length = Libc.Seek(Descriptor, 0, SeekEnd);
        return length < 0 ? LastError() : 0;
    }

    /// <summary>Takes or drops an OFD lock. EAGAIN: somebody else's lock is in the way.</summary>
    /// <param name="kind">Shared, Exclusive or None.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="length">How many; 0 for all from there on.</param>
    public Errno Lock(LockKind kind, long start, long length)
    {
        var request = new FileLock { Type = (short)kind, Start = start, Length = length };
        return Control(FileLock.Set, ref request) is var error && error == Errno.EACCES ? Errno.EAGAIN : error;
    }

    /// <summary>Whether another open file description holds any lock on the byte.</summary>
    public Errno IsLockedByOthers(long at, out bool locked)
    {
        var request = new FileLock { Type = (short)LockKind.Exclusive, Start = at, Length = 1 };
        var error = Control(FileLock.Get, ref request);
        locked = request.Type != (short)LockKind.None;
        return error;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Close(Descriptor);

    /// <summary>errno of the last call.</summary>
    internal static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    private Errno Control(int command, ref FileLock request)
    {
        fixed (FileLock* p = &request)
        {
            while (Libc.FileControl(Descriptor, command, p) < 0)
            {
                if (LastError() is not Errno.EINTR and var error)
                {
                    return error;
                }
            }
        }

        return 0;
    }
}
