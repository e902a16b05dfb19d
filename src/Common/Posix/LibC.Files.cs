namespace Posix;

/// <summary>Opening, reading and writing files.</summary>
internal static unsafe partial class LibC
{
    /// <summary>AT_FDCWD: names are relative to the working directory.</summary>
    public const int CurrentDirectory = -100;

    /// <summary>AT_SYMLINK_NOFOLLOW.</summary>
    public const int SymbolicLinkItself = 0x100;

    /// <summary>AT_EMPTY_PATH: an empty name is the descriptor itself.</summary>
    public const int EmptyPath = 0x1000;

    /// <summary>AT_STATX_FORCE_SYNC: asks the server of a network or user-space file system.</summary>
    public const int AskServer = 0x2000;

    /// <summary>AT_STATX_DONT_SYNC: does not ask it.</summary>
    public const int AskNobody = 0x4000;

    /// <summary>SEEK_END.</summary>
    public const int SeekEnd = 2;

    /// <summary>SEEK_DATA: the next byte that is not in a hole.</summary>
    public const int SeekData = 3;

    /// <summary>SEEK_HOLE: the next byte that is in one; the end of the file counts as a hole.</summary>
    public const int SeekHole = 4;

    /// <summary>X_OK.</summary>
    public const int ExecuteAccess = 1;

    // __NR_openat2, the same on all architectures.
    private const nint OpenAt2Number = 437;

    /// <summary>The absolute path without symbolic links (realpath); all of it must exist.</summary>
    /// <returns>0, or the error number and the path itself.</returns>
    public static int ResolvePath(string path, out string resolved)
    {
        var found = realpath(NativeName.Of(path), null);
        if (found == null)
        {
            resolved = path;
            return LastError;
        }

        resolved = PathText.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(found));
        NativeMemory.Free(found);
        return 0;
    }

    /// <summary>What a symbolic link has, at most 4 KiB; null if it cannot be read.</summary>
    public static string? LinkTarget(string path)
    {
        const int MaxPath = 4096;
        var target = stackalloc byte[MaxPath];
        var length = readlink(NativeName.Of(path), target, MaxPath);
        return length < 0 ? null : PathText.Decode(new ReadOnlySpan<byte>(target, (int)length));
    }

    /// <summary>Whether there is something of that name, symbolic links followed.</summary>
    public static bool Exists(string path) => faccessat(CurrentDirectory, NativeName.Of(path), 0, 0) == 0;

    /// <summary>Whether it is a directory, symbolic links followed: only that has a name with a slash at its end.</summary>
    public static bool IsDirectory(string path) => path.Length > 0 && Exists($"{path}/");

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
    public static partial int ftruncate(int descriptor, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fdatasync(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(int descriptor, long offset, int origin);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int directory, NativeName name, int flags, uint mask, out StatxBuffer result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getdents64(int directory, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int faccessat(int directory, NativeName name, int mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlinkat(int directory, NativeName name, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial byte* realpath(NativeName path, byte* buffer);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint readlink(NativeName path, byte* buffer, nint size);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, int directory, NativeName path, in OpenHow how, nuint size);

    /// <summary>struct open_how (linux/openat2.h): flags, mode and resolve.</summary>
    public struct OpenHow
    {
        /// <summary>
        /// RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS and RESOLVE_NO_XDEV: a path leads nowhere but down, and not into
        /// what is mounted there (EXDEV, without a question to that file system).
        /// </summary>
        public const ulong DownOnly = 0x08 | 0x04 | 0x02 | 0x01;

        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>struct statx (linux/stat.h): the same on every architecture, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatxBuffer
    {
        /// <summary>STATX_BASIC_STATS and STATX_BTIME. The birth time stays 0 where the file system has none.</summary>
        public const uint Wanted = 0xfff;

        /// <summary>STATX_MNT_ID, since Linux 5.8: the number of the mount in mountinfo, which the kernel uses again.</summary>
        public const uint MountIdWanted = 0x1000;

        /// <summary>STATX_MNT_ID_UNIQUE, since Linux 6.8: a number that is never used again, in the same field.</summary>
        public const uint UniqueMountIdWanted = 0x4000;

        /// <summary>What the kernel has filled in.</summary>
        [FieldOffset(0)] public uint Mask;

        [FieldOffset(20)] public uint Uid;

        [FieldOffset(24)] public uint Gid;

        [FieldOffset(28)] public ushort Mode;

        [FieldOffset(32)] public ulong Inode;

        [FieldOffset(40)] public ulong Size;

        [FieldOffset(64)] public StatxTime Accessed;

        [FieldOffset(80)] public StatxTime Born;

        [FieldOffset(96)] public StatxTime Changed;

        [FieldOffset(112)] public StatxTime Modified;

        [FieldOffset(136)] public uint DeviceMajor;

        [FieldOffset(140)] public uint DeviceMinor;

        [FieldOffset(144)] public ulong MountId;
    }

    /// <summary>struct statx_timestamp.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    public struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;
    }
}
