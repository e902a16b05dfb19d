namespace Fuse3;

/// <summary>An open file in the kernel: a view of the C <c>struct fuse_file_info</c>, valid only during the call.</summary>
/// <remarks>When <see cref="IsNull"/> is true the other members throw <see cref="ArgumentOutOfRangeException"/>.</remarks>
public readonly ref struct FuseFileInfo
{
    private readonly Span<byte> _raw;

    internal FuseFileInfo(Span<byte> raw) => _raw = raw;

    /// <summary>True when the operation names a path and not an open file (getattr, chmod, chown, truncate, utimens).</summary>
    public bool IsNull => _raw.IsEmpty;

    /// <summary>
    /// The raw flags of open(2): in Open and Create those of the call, in Read and Write the current ones, which fcntl(F_SETFL) may have
    /// changed. Open gets O_TRUNC, but never O_CREAT and O_EXCL.
    /// </summary>
    /// <remarks>
    /// Some values depend on the architecture: O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE differ between x64 and arm64. The other
    /// properties are the same everywhere.
    /// </remarks>
    public int Flags => MemoryMarshal.Read<int>(_raw[FileInfoLayout.Flags..]);

    /// <summary>Whether the file is open for reading, writing or both (O_ACCMODE).</summary>
    public AccessMode AccessMode => (AccessMode)(Flags & FileInfoLayout.AccessModeMask);

    /// <summary>Whether every write goes to the end of the file (O_APPEND).</summary>
    public bool IsAppend => (Flags & FileInfoLayout.Append) != 0;

    /// <summary>
    /// Whether each write must be on the medium before it returns (O_SYNC, O_DSYNC; in Write also RWF_SYNC and RWF_DSYNC of that call). No
    /// FSync call follows where I/O is direct.
    /// </summary>
    public bool IsSync => (Flags & FileInfoLayout.Sync) != 0;

    /// <summary>In Open: whether the content is to be discarded (O_TRUNC). No Truncate call follows.</summary>
    public bool IsTruncate => (Flags & FileInfoLayout.Truncate) != 0;

    /// <summary>The file system's own number for the open file: set in Open, Create or OpenDir, passed to later calls.</summary>
    public ulong Handle
    {
        get => MemoryMarshal.Read<ulong>(_raw[FileInfoLayout.Handle..]);
        set => MemoryMarshal.Write(_raw[FileInfoLayout.Handle..], value);
    }

    /// <summary>Set in Open or Create: no page cache for this file, every read and write reaches the file system.</summary>
    public bool DirectIO
    {
        get => Get(FileInfoLayout.DirectIO);
        set => Set(FileInfoLayout.DirectIO, value);
    }

    /// <summary>Set in Open: the content has not changed since the last open, so the kernel may keep its cached pages.</summary>
    public bool KeepCache
    {
        get => Get(FileInfoLayout.KeepCache);
        set => Set(FileInfoLayout.KeepCache, value);
    }

    /// <summary>
    /// Set in Open or Create: the kernel sends no Flush when this file is closed, which saves a round trip. A libfuse before 3.11 has no
    /// such bit: the property then stays false and Flush is called.
    /// </summary>
    public bool NoFlush
    {
        get => Get(FileInfoLayout.NoFlush);
        set => Set(FileInfoLayout.NoFlush, value);
    }

    private bool Get(uint mask) => (MemoryMarshal.Read<uint>(_raw[FileInfoLayout.Bits..]) & mask) != 0;

    private void Set(uint mask, bool value)
    {
        var field = _raw[FileInfoLayout.Bits..];
        var bits = MemoryMarshal.Read<uint>(field);
        MemoryMarshal.Write(field, value ? bits | mask : bits & ~mask);
    }
}

/// <summary>What a file was opened for (the O_ACCMODE bits of open(2)).</summary>
public enum AccessMode
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,

    /// <summary>O_WRONLY.</summary>
    WriteOnly = 1,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 2,
}
