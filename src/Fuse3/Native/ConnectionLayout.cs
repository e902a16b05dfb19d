namespace Fuse3.Native;

/// <summary>
/// C <c>struct fuse_conn_info</c> (libfuse include/fuse_common.h) and <c>struct fuse_config</c> (include/fuse.h):
/// the fields whose places are the same from 3.10 to 3.18.
/// </summary>
internal static class ConnectionLayout
{
    public const int ProtocolMajor = 0;
    public const int ProtocolMinor = 4;
    public const int Want = 24;
    public const int ViewSize = 28;

    public const int ConfigHardRemove = 60;
    public const int ConfigDirectIO = 72;
    public const int ConfigViewSize = 76;

    /// <summary>FUSE_CAP_ATOMIC_O_TRUNC.</summary>
    public const uint AtomicOpenTruncate = 1 << 3;

    /// <summary>FUSE_CAP_SPLICE_READ, FUSE_CAP_READDIRPLUS, FUSE_CAP_READDIRPLUS_AUTO.</summary>
    public const uint Unused = (1 << 9) | (1 << 13) | (1 << 14);
}
