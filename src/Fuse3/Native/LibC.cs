using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse3.Native;

/// <summary>The few functions of the C library that .NET does not offer.</summary>
internal static unsafe partial class LibC
{
    public const short PollIn = 1;
    public const short PollPriority = 2;
    public const int Execute = 1;
    public const int DetachMount = 2;
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int WriteOnly = 1;
    public const int GetStatusFlags = 3;
    public const int SetStatusFlags = 4;
    public const short SpawnInOwnSession = 0x80;

    /// <summary>Enough for posix_spawn_file_actions_t and for posix_spawnattr_t.</summary>
    public const int SpawnStructureSize = 512;

    private const string Library = "libc";

    /// <summary>C <c>struct pollfd</c>.</summary>
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial SafeFileHandle eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(SafeFileHandle file, void* data, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int file, void* data, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int umount2([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint realpath([MarshalAs(UnmanagedType.LPUTF8Str)] string path, nint zero);

    [LibraryImport(Library)]
    public static partial int access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitpid(int process, int* status, int options);

    [LibraryImport(Library)]
    public static partial int posix_spawn(
        out int process, [MarshalAs(UnmanagedType.LPUTF8Str)] string program, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int file, int copy);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_addopen(
        byte* actions, int file, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_destroy(byte* attributes);

    // Variadic in C, but both 64-bit Linux ABIs pass these three integers as they pass fixed arguments.
    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int file, int command, int argument);

    // va_list is an array on x64 and a large structure on arm64: both arrive and leave as a pointer.
    [LibraryImport(Library)]
    public static partial int vsnprintf(byte* target, nuint size, byte* format, void* arguments);
}
