namespace Posix;

/// <summary>Record locks of an open file description (OFD locks, fcntl_locking(2)).</summary>
internal static unsafe partial class LibC
{
    /// <summary>F_OFD_GETLK: whether another lock conflicts with this one.</summary>
    public const int GetLock = 36;

    /// <summary>F_OFD_SETLK: takes or drops the lock at once, or fails.</summary>
    public const int SetLock = 37;

    /// <summary>l_type of struct flock.</summary>
    public enum LockKind : short
    {
        /// <summary>F_RDLCK: many may hold it; needs a readable descriptor.</summary>
        Shared = 0,

        /// <summary>F_WRLCK: one may hold it; needs a writable descriptor.</summary>
        Exclusive = 1,

        /// <summary>F_UNLCK.</summary>
        None = 2,
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, ref FileLock argument);

    /// <summary>struct flock, x86-64 and arm64 alike.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    public struct FileLock
    {
        [FieldOffset(0)] public LockKind Kind;

        /// <summary>SEEK_SET, which is 0.</summary>
        [FieldOffset(2)] public short Origin;

        [FieldOffset(8)] public long Start;

        /// <summary>0 for everything from the start on.</summary>
        [FieldOffset(16)] public long Length;

        /// <summary>Must be 0 for OFD locks.</summary>
        [FieldOffset(24)] public int Process;
    }
}
