using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>The messages of libfuse (include/fuse_log.h, since 3.7).</summary>
internal static unsafe partial class LibFuse
{
    [LibraryImport(Library)]
    public static partial void fuse_set_log_func(delegate* unmanaged[Cdecl]<int, byte*, void*, void> function);

    // va_list is an array on x64 and a large structure on arm64: both arrive and leave as a pointer.
    [LibraryImport("libc")]
    public static partial int vsnprintf(byte* target, nuint size, byte* format, void* arguments);
}
