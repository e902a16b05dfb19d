namespace Posix;

/// <summary>Processes, sessions, users.</summary>
internal static unsafe partial class LibC
{
    /// <summary>POSIX_SPAWN_SETSID.</summary>
    public const short SpawnInOwnSession = 0x80;

    /// <summary>POSIX_SPAWN_SETSIGMASK.</summary>
    public const short SpawnWithSignalMask = 0x08;

    /// <summary>SIGKILL.</summary>
    public const int KillSignal = 9;

    /// <summary>SIGXFSZ.</summary>
    public const int FileSizeSignal = 25;

    /// <summary>SIG_IGN.</summary>
    public const nint IgnoreSignal = 1;

    /// <summary>PR_SET_NAME.</summary>
    public const int SetName = 15;

    /// <summary>Enough for posix_spawn_file_actions_t and for posix_spawnattr_t, which are opaque in both C libraries.</summary>
    public const int SpawnStructureSize = 512;

    // __NR_close_range, the same on all architectures; CLOSE_RANGE_CLOEXEC, since Linux 5.11.
    private const nint CloseRangeNumber = 436;
    private const uint SetCloseOnExec = 4;

    /// <summary>Sets FD_CLOEXEC on all descriptors from a number on, if the kernel can. glibc before 2.34 has no close_range.</summary>
    public static bool KeepFromChildren(int first) => syscall(CloseRangeNumber, (uint)first, uint.MaxValue, SetCloseOnExec) == 0;

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial int setsid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitpid(int process, out int status, int options);

    [LibraryImport(Library)]
    public static partial nint signal(int signal, nint action);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int prctl(int option, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn(out int process, string path, byte* actions, byte* attributes, byte** arguments, byte** environ);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int descriptor, int copy);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(byte* actions, int descriptor, string path, int flags, uint mode);

    // glibc 2.34.
    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int first);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    // The mask is a sigset_t, of which the kernel uses 64 bits: bit n - 1 blocks signal n.
    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setsigmask(byte* attributes, ulong* mask);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport(Library)]
    private static partial nint syscall(nint number, uint first, uint last, uint flags);
}
