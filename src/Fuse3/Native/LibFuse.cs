using System.Diagnostics.CodeAnalysis;

namespace Fuse3.Native;

/// <summary>Imports from libfuse3 (include/fuse.h, fuse_lowlevel.h, fuse_opt.h, fuse_log.h).</summary>
internal static unsafe partial class LibFuse
{
    private const string Library = "libfuse3";

    // 3.17 raised the soname to .4; what the binding uses is the same in both. The plain name exists only with the development package.
    private static readonly string[] s_names = ["libfuse3.so.3", "libfuse3.so.4", "libfuse3.so"];

    private static readonly nint s_handle = IsLinkedIn ? 0 : Load();

    static LibFuse()
    {
        if (!IsLinkedIn)
        {
            NativeLibrary.SetDllImportResolver(typeof(LibFuse).Assembly, (library, _, _) => library == Library ? s_handle : 0);
        }
    }

    /// <summary>
    /// Whether libfuse3 is part of the program: a program compiled ahead of time links it with <c>DirectPInvoke</c> and
    /// <c>NativeLibrary</c> and sets this switch.
    /// </summary>
    [FeatureSwitchDefinition("Fuse3.IsLinkedIn")]
    public static bool IsLinkedIn => AppContext.TryGetSwitch("Fuse3.IsLinkedIn", out var linked) && linked;

    /// <summary>Whether libfuse3 is linked in or installed. When false no other member may be used.</summary>
    public static bool IsAvailable => IsLinkedIn || s_handle != 0;

    /// <summary>The process that made the current request.</summary>
    public static int CallerProcessId => fuse_get_context()->ProcessId;

    /// <summary>C <c>struct fuse_args</c>.</summary>
    public struct Arguments
    {
        public int Count;
        public byte** Values;
        public int Allocated;
    }

    /// <summary>The beginning of C <c>struct fuse_context</c>.</summary>
    [StructLayout(LayoutKind.Explicit)]
    public struct Context
    {
        [FieldOffset(16)] public int ProcessId;

        [FieldOffset(24)] public nint PrivateData;
    }

    /// <summary>C <c>struct fuse_buf</c>, with spare bytes, as it grew in 3.17. Zero it; libfuse uses it; free its memory.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct Buffer
    {
        [FieldOffset(16)] public void* Memory;
    }

    /// <summary>The version as major.minor.patch; null when the library is missing or its version has another form.</summary>
    public static Version? ReadVersion() => IsAvailable ? ParseVersion(Marshal.PtrToStringUTF8((nint)fuse_pkgversion())) : null;

    /// <summary>Takes the leading numbers of texts like <c>3.14.0</c> and <c>3.17.1-rc0</c>.</summary>
    public static Version? ParseVersion(string? text) => Version.TryParse(text?.Split('-')[0], out var version)
        ? new(version.Major, version.Minor, int.Max(version.Build, 0))
        : null;

    // From 3.17 on dlsym finds only the name with the suffix, in 3.10 only the one without.
    public static nint New(Arguments* arguments, nint* operations, nuint size, nint privateData)
    {
        if (IsLinkedIn)
        {
            return fuse_new_31(arguments, operations, size, privateData);
        }

        try
        {
            return fuse_new_31(arguments, operations, size, privateData);
        }
        catch (EntryPointNotFoundException)
        {
            return fuse_new(arguments, operations, size, privateData);
        }
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fuse_mount(nint fuse, NativeName mountPoint);

    [LibraryImport(Library)]
    public static partial void fuse_destroy(nint fuse);

    [LibraryImport(Library)]
    public static partial nint fuse_get_session(nint fuse);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial Context* fuse_get_context();

    [LibraryImport(Library)]
    public static partial int fuse_session_fd(nint session);

    [LibraryImport(Library)]
    public static partial int fuse_session_exited(nint session);

    [LibraryImport(Library)]
    public static partial int fuse_session_receive_buf(nint session, Buffer* buffer);

    [LibraryImport(Library)]
    public static partial void fuse_session_process_buf(nint session, Buffer* buffer);

    [LibraryImport(Library)]
    public static partial void fuse_opt_free_args(Arguments* arguments);

    // Since 3.7.
    [LibraryImport(Library)]
    public static partial void fuse_set_log_func(delegate* unmanaged<int, byte*, void*, void> function);

    // For the messages. va_list is an array on x64 and a large structure on arm64: both arrive and leave as a pointer.
    [LibraryImport("libc")]
    public static partial int vsnprintf(byte* target, nuint size, byte* format, void* arguments);

    [LibraryImport(Library)]
    private static partial nint fuse_new_31(Arguments* arguments, nint* operations, nuint size, nint privateData);

    [LibraryImport(Library)]
    private static partial nint fuse_new(Arguments* arguments, nint* operations, nuint size, nint privateData);

    [LibraryImport(Library)]
    private static partial byte* fuse_pkgversion();

    private static nint Load()
        => s_names.Select(name => NativeLibrary.TryLoad(name, out var handle) ? handle : 0).FirstOrDefault(handle => handle != 0);
}
