using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>Creating, mounting and destroying a file system (libfuse include/fuse.h, fuse_opt.h).</summary>
internal static unsafe partial class LibFuse
{
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
        [FieldOffset(16)]
        public int ProcessId;

        [FieldOffset(24)]
        public nint PrivateData;
    }

    public static int CallerProcessId => fuse_get_context()->ProcessId;

    // From 3.17 on dlsym finds only the name with the suffix, in 3.10 only the one without.
    public static nint New(Arguments* arguments, nint* operations, nuint size, nint privateData)
    {
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
    public static partial int fuse_mount(nint fuse, byte* mountPoint);

    [LibraryImport(Library)]
    public static partial void fuse_unmount(nint fuse);

    [LibraryImport(Library)]
    public static partial void fuse_destroy(nint fuse);

    [LibraryImport(Library)]
    public static partial nint fuse_get_session(nint fuse);

    [LibraryImport(Library)]
    public static partial void fuse_opt_free_args(Arguments* arguments);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial Context* fuse_get_context();

    [LibraryImport(Library)]
    private static partial nint fuse_new_31(Arguments* arguments, nint* operations, nuint size, nint privateData);

    [LibraryImport(Library)]
    private static partial nint fuse_new(Arguments* arguments, nint* operations, nuint size, nint privateData);
}
