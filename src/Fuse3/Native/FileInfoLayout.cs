namespace Fuse3.Native;

/// <summary>
/// C <c>struct fuse_file_info</c> (libfuse include/fuse_common.h): the part that is the same from 3.10 to 3.18, and the wandering noflush
/// bit.
/// </summary>
internal static class FileInfoLayout
{
    public const int Flags = 0;
    public const int Bits = 4;
    public const int Handle = 16;

    /// <summary>Bytes that exist in every version: up to the end of fh. The real structure is longer.</summary>
    public const int ViewSize = 24;

    public const uint DirectIO = 1 << 1;
    public const uint KeepCache = 1 << 2;

    /// <summary>The noflush bit of the loaded libfuse, or 0.</summary>
    public static uint NoFlush { get; } = NoFlushOf(LibFuse.ReadVersion());

    /// <summary>
    /// 3.11 added the bit as number 7, 3.14.1 put parallel_direct_writes before it, 3.17 (with a new soname) put that behind it.
    /// fuse_version() does not tell 3.14.0 from 3.14.1, so this needs the package version.
    /// </summary>
    public static uint NoFlushOf(Version? version) => version switch
    {
        null => 0,
        _ when version.Major != 3 || version < new Version(3, 11, 0) => 0,
        _ when version >= new Version(3, 14, 1) && version < new Version(3, 17, 0) => 1 << 8,
        _ => 1 << 7,
    };
}
