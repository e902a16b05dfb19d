namespace Posix;

/// <summary>Mounts, and what a server waits for: pipes, events, poll.</summary>
internal static unsafe partial class LibC
{
    /// <summary>MNT_DETACH.</summary>
    public const int DetachMount = 2;

    /// <summary>POLLIN.</summary>
    public const short PollIn = 1;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int umount2(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(Span<PollDescriptor> descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial SafeFileHandle eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    /// <summary>struct pollfd.</summary>
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
