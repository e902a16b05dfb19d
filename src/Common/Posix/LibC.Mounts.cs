namespace Posix;

/// <summary>Mounts, and what a server waits for: pipes, events, poll.</summary>
internal static unsafe partial class LibC
{
    /// <summary>MNT_DETACH.</summary>
    public const int DetachMount = 2;

    /// <summary>UMOUNT_NOFOLLOW.</summary>
    public const int UnmountNoFollow = 8;

    /// <summary>LOCK_EX and LOCK_NB of flock(2).</summary>
    public const int LockNow = 2 | 4;

    /// <summary>POLLIN.</summary>
    public const short PollIn = 1;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int umount2(NativeName path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(Span<PollDescriptor> descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial SafeFileHandle eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, int* ends);

    /// <summary>struct pollfd.</summary>
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
