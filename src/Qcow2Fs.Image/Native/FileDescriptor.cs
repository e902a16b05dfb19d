namespace Qcow2Fs.Image.Native;

/// <summary>
/// An open file or directory: a bare descriptor, closed by its owner. A struct, because every read of a mount opens the image and must not
/// allocate; .NET's own file types take flock locks and keep buffers, neither of which an image may get.
/// </summary>
internal readonly unsafe struct FileDescriptor : IBlockIo, IDisposable
{
    /// <summary>Names are relative to the working directory.</summary>
    public static readonly FileDescriptor CurrentDirectory = new(LibC.CurrentDirectory);

    // rw-rw-rw-, less the umask: for a file that is created.
    private const uint NewFilePermissions = 0x1b6;

    private readonly int _descriptor;

    private FileDescriptor(int descriptor) => _descriptor = descriptor;

    private static Errno LastError => (Errno)LibC.LastError;

    public Errno Open(NativeName name, OpenMode mode, out FileDescriptor file)
    {
        int descriptor;
        do
        {
            descriptor = LibC.openat(_descriptor, name, mode, NewFilePermissions);
        }
        while (descriptor < 0 && LastError == Errno.EINTR);
        file = new(descriptor);
        return descriptor < 0 ? LastError : 0;
    }

    /// <summary>
    /// Opens a path below this directory, in the same mount: a mount whose files this process serves must never be asked. No part of it
    /// may be a symbolic link or lead up.
    /// </summary>
    public Errno OpenBelow(NativeName path, OpenMode mode, out FileDescriptor file)
    {
        var how = new LibC.OpenHow { Flags = (uint)mode.Flags, Resolve = LibC.OpenHow.DownOnly };
        int descriptor;
        do
        {
            descriptor = LibC.openat2(_descriptor, path, how);
        }
        while (descriptor < 0 && LastError == Errno.EINTR);
        file = new(descriptor);
        return descriptor < 0 ? LastError : 0;
    }

    public Errno Status(out ImageStatus status) => Status(default, out status);

    /// <summary>The attributes of a name in this directory: of the name itself, not of what it may link to (statx).</summary>
    public Errno Status(NativeName name, out ImageStatus status)
    {
        const int Flags = LibC.SymbolicLinkItself | LibC.EmptyPath;
        if (LibC.statx(_descriptor, name, Flags, LibC.StatxBuffer.Wanted, out var buffer) < 0)
        {
            status = default;
            return LastError;
        }

        status = new()
        {
            Mode = (FilePermissions)buffer.Mode,
            Uid = buffer.Uid,
            Gid = buffer.Gid,
            Size = (long)buffer.Size,
            Atime = Time(buffer.Accessed),
            Mtime = Time(buffer.Modified),
            Ctime = Time(buffer.Changed),
            Born = Time(buffer.Born),
            Device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor,
            Inode = buffer.Inode,
        };
        return 0;

        static ImageTime Time(LibC.StatxTime time) => new(time.Seconds, time.Nanoseconds);
    }

    /// <summary>Reads entries of this directory (getdents64); 0 bytes at the end.</summary>
    public Errno ReadEntries(Span<byte> buffer, out int read)
    {
        fixed (byte* p = buffer)
        {
            read = (int)LibC.getdents64(_descriptor, p, (nuint)buffer.Length);
            return read < 0 ? LastError : 0;
        }
    }

    /// <summary>Fills the buffer as far as the file reaches; how much that is.</summary>
    public Errno Read(long offset, Span<byte> buffer, out int read)
    {
        read = 0;
        fixed (byte* p = buffer)
        {
            while (read < buffer.Length)
            {
                var n = LibC.pread(_descriptor, p + read, (nuint)(buffer.Length - read), offset + read);
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

    public Errno Write(long offset, ReadOnlySpan<byte> data, out int written)
    {
        fixed (byte* p = data)
        {
            var n = LibC.pwrite(_descriptor, p, (nuint)data.Length, offset);
            written = (int)Math.Max(0, n);
            return n < 0 ? LastError : 0;
        }
    }

    public Errno Truncate(long length)
    {
        while (LibC.ftruncate(_descriptor, length) < 0)
        {
            if (LastError is not Errno.EINTR and var error)
            {
                return error;
            }
        }

        return 0;
    }

    /// <summary>One fdatasync: bytes and length are on the medium when it returns 0.</summary>
    public Errno Flush() => LibC.fdatasync(_descriptor) < 0 ? LastError : 0;

    /// <summary>Where the last byte ends: also right for block devices, whose st_size is 0.</summary>
    public Errno Length(out long length)
    {
        length = LibC.lseek(_descriptor, 0, LibC.SeekEnd);
        return length < 0 ? LastError : 0;
    }

    /// <summary>
    /// The next stored bytes at or behind the offset, of a file of that length. A file system or device that knows no holes stores all.
    /// </summary>
    public (long Start, long End) FindStored(long offset, long length)
    {
        var start = LibC.lseek(_descriptor, offset, LibC.SeekData);
        if (start < 0)
        {
            // ENXIO: only a hole is left, or nothing.
            return LastError == Errno.ENXIO ? (length, length) : (Math.Min(offset, length), length);
        }

        var end = LibC.lseek(_descriptor, start, LibC.SeekHole);
        return (Math.Min(start, length), end < 0 ? length : Math.Min(end, length));
    }

    /// <summary>
    /// Takes or drops an OFD lock on so many bytes, 0 for all. EAGAIN: another open file description holds a conflicting one.
    /// </summary>
    public Errno Lock(LibC.LockKind kind, long start, long length)
    {
        var request = new LibC.FileLock { Kind = kind, Start = start, Length = length };
        return Control(LibC.SetLock, ref request) is var error && error == Errno.EACCES ? Errno.EAGAIN : error;
    }

    /// <summary>Whether another open file description holds any lock on the byte.</summary>
    public Errno IsLockedByOthers(long offset, out bool locked)
    {
        var error = FindLockOfOthers(offset, 1, out var found);
        locked = found.Kind != LibC.LockKind.None;
        return error;
    }

    /// <summary>The first lock of another open file description on any of the bytes; its kind is None if there is none.</summary>
    public Errno FindLockOfOthers(long start, long length, out LibC.FileLock found)
    {
        found = new() { Kind = LibC.LockKind.Exclusive, Start = start, Length = length };
        return Control(LibC.GetLock, ref found);
    }

    public void Dispose() => _ = LibC.close(_descriptor);

    private Errno Control(int command, ref LibC.FileLock request)
    {
        while (LibC.fcntl(_descriptor, command, ref request) < 0)
        {
            if (LastError is not Errno.EINTR and var error)
            {
                return error;
            }
        }

        return 0;
    }
}
