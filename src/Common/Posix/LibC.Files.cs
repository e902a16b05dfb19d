namespace Posix;

/// <summary>Opening, reading and writing files.</summary>
internal static unsafe partial class LibC
{
    /// <summary>SEEK_END.</summary>
    public const int SeekEnd = 2;

    /// <summary>AT_SYMLINK_NOFOLLOW.</summary>
    public const int SymbolicLinkItself = 0x100;

    /// <summary>AT_EMPTY_PATH: an empty name is the descriptor itself.</summary>
    public const int EmptyPath = 0x1000;

    // __NR_openat2, the same on all architectures.
    private const nint OpenAt2Number = 437;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int openat(int directory, NativeName name, OpenMode mode, uint permissions);

    /// <summary>openat2(2), of which glibc before 2.42 has no wrapper.</summary>
    public static int openat2(int directory, NativeName path, in OpenHow how) =>
        (int)syscall(OpenAt2Number, directory, path, in how, (nuint)sizeof(OpenHow));

    [LibraryImport(Library)]
    public static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pread(int descriptor, byte* buffer, nuint size, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwrite(int descriptor, byte* data, nuint size, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fdatasync(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(int descriptor, long offset, int origin);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int directory, NativeName name, int flags, uint mask, out StatxBuffer result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getdents64(int directory, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, int directory, NativeName path, in OpenHow how, nuint size);

    /// <summary>struct open_how (linux/openat2.h).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct OpenHow
    {
        /// <summary>RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: a path leads nowhere but down.</summary>
        public const ulong DownOnly = 0x08 | 0x04 | 0x02;

        /// <summary>RESOLVE_NO_XDEV: a path leads into no file system that is mounted on the way.</summary>
        public const ulong SameMount = 0x01;

        [FieldOffset(0)]
        public ulong Flags;

        [FieldOffset(16)]
        public ulong Resolve;
    }

    /// <summary>struct statx (linux/stat.h): the same on every architecture, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatxBuffer
    {
        /// <summary>STATX_BASIC_STATS and STATX_BTIME. The birth time stays 0 where the file system has none.</summary>
        public const uint Wanted = 0xfff;

        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(24)]
        public uint Gid;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(64)]
        public StatxTime Accessed;

        [FieldOffset(80)]
        public StatxTime Born;

        [FieldOffset(96)]
        public StatxTime Changed;

        [FieldOffset(112)]
        public StatxTime Modified;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    /// <summary>struct statx_timestamp.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct StatxTime
    {
        [FieldOffset(0)]
        public long Seconds;

        [FieldOffset(8)]
        public uint Nanoseconds;
    }
}
