namespace Fuse3.Native;

/// <summary>
/// C <c>struct fuse_file_info</c> (libfuse include/fuse_common.h): the fields whose offsets are the same from 3.10 to 3.18, and the
/// noflush bit, which has moved twice.
/// </summary>
internal static class FileInfoLayout
{
    public const int Flags = 0;
    public const int Bits = 4;
    public const int Handle = 16;

    /// <summary>Bytes that exist in every version: up to the end of fh. The real structure is longer.</summary>
    public const uint ViewSize = 24;

    public const int AccessModeMask = 3;
    public const int Truncate = 0x200;
    public const int Append = 0x400;

    /// <summary>O_DSYNC, which is a bit of O_SYNC.</summary>
    public const int Sync = 0x1000;

    public const uint DirectIO = 1 << 1;
    public const uint KeepCache = 1 << 2;

    /// <summary>The noflush bit of the loaded libfuse, or 0.</summary>
    public static uint NoFlush { get; } = NoFlushOf(LibFuse.ReadVersion());

    /// <summary>
    /// 3.11 added the bit as number 7, 3.14.1 put parallel_direct_writes before it, 3.17 (with a new soname) put that behind it.
    /// fuse_version() is the same for 3.14.0 and 3.14.1, so this needs the package version.
    /// </summary>
    public static uint NoFlushOf(Version? version) => version switch
    {
        null => 0,
        _ when version.Major != 3 || version < new Version(3, 11, 0) => 0,
        _ when version >= new Version(3, 14, 1) && version < new Version(3, 17, 0) => 1 << 8,
        _ => 1 << 7,
    };
}

/// <summary>
/// C <c>struct fuse_conn_info</c> (libfuse include/fuse_common.h) and <c>struct fuse_config</c> (include/fuse.h):
/// the fields whose offsets are the same from 3.10 to 3.18.
/// </summary>
internal static class ConnectionLayout
{
    public const int Want = 24;
    public const uint ViewSize = 28;

    public const int ConfigHardRemove = 60;
    public const int ConfigDirectIO = 72;
    public const uint ConfigViewSize = 76;

    /// <summary>FUSE_CAP_SPLICE_READ, FUSE_CAP_READDIRPLUS, FUSE_CAP_READDIRPLUS_AUTO.</summary>
    public const uint Unused = (1 << 9) | (1 << 13) | (1 << 14);
}
