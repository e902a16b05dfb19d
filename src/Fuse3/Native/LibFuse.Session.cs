using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>Receiving and processing requests (libfuse include/fuse_lowlevel.h).</summary>
internal static unsafe partial class LibFuse
{
    /// <summary>
    /// C <c>struct fuse_buf</c>: grew in 3.17, so this has room to spare. Zero it, then leave it to libfuse, except for freeing
    /// <see cref="Memory"/>.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct Buffer
    {
        [FieldOffset(16)]
        public void* Memory;
    }

    [LibraryImport(Library)]
    public static partial int fuse_session_fd(nint session);

    [LibraryImport(Library)]
    public static partial int fuse_session_exited(nint session);

    [LibraryImport(Library)]
    public static partial int fuse_session_receive_buf(nint session, Buffer* buffer);

    [LibraryImport(Library)]
    public static partial void fuse_session_process_buf(nint session, Buffer* buffer);
}
