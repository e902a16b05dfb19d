namespace Posix;

/// <summary>Processes, sessions, users.</summary>
internal static unsafe partial class LibC
{
    /// <summary>POSIX_SPAWN_SETSID.</summary>
    public const short SpawnInOwnSession = 0x80;

    /// <summary>Enough for posix_spawn_file_actions_t and for posix_spawnattr_t, which are opaque in both C libraries.</summary>
    public const int SpawnStructureSize = 512;

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial int setsid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitpid(int process, int* status, int options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn(
        out int process, string program, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int descriptor, int copy);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_destroy(byte* attributes);
}
