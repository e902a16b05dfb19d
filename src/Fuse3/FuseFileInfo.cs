using System.Runtime.InteropServices;
using Fuse3.Native;
using Mono.Unix.Native;

namespace Fuse3;

/// <summary>
/// What the kernel and libfuse know about an open file: a view of the C <c>struct fuse_file_info</c>, valid only during the call that got
/// it.
/// </summary>
/// <remarks>Only <see cref="IsNull"/> may be read when it is true; the other members then throw.</remarks>
public readonly ref struct FuseFileInfo
{
    private readonly Span<byte> _raw;

    internal FuseFileInfo(Span<byte> raw) => _raw = raw;

    /// <summary>True when the operation came by path and not through an open file (getattr, chmod, chown, truncate, utimens).</summary>
    public bool IsNull => _raw.IsEmpty;

    /// <summary>
    /// The flags of open(2): in Open and Create those of the call, in Read and Write the current ones, as fcntl(F_SETFL) may have changed
    /// them. Open gets O_TRUNC, but never O_CREAT and O_EXCL.
    /// </summary>
    public OpenFlags Flags => (OpenFlags)MemoryMarshal.Read<int>(_raw[FileInfoLayout.Flags..]);

    /// <summary>The file system's own number for the open file: set in Open, Create or OpenDir, given back in later calls.</summary>
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

    /// <summary>Set in Open: cached pages of this file are still true and may be kept.</summary>
    public bool KeepCache
    {
        get => Get(FileInfoLayout.KeepCache);
        set => Set(FileInfoLayout.KeepCache, value);
    }

    /// <summary>
    /// Set in Open or Create: Flush is not needed when this file is closed (one kernel round trip less). Does nothing, and reads false,
    /// with a libfuse that has no such bit: then Flush is called.
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
