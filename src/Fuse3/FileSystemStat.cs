namespace Fuse3;

/// <summary>What statfs(2) and df report about a file system (C <c>struct statvfs</c>).</summary>
public struct FileSystemStat
{
    /// <summary>Preferred size of an I/O request in bytes.</summary>
    public ulong BlockSize { get; set; }

    /// <summary>Unit in bytes of <see cref="Blocks"/>, <see cref="FreeBlocks"/> and <see cref="AvailableBlocks"/>.</summary>
    public ulong FragmentSize { get; set; }

    /// <summary>Size of the file system, in units of <see cref="FragmentSize"/>.</summary>
    public ulong Blocks { get; set; }

    /// <summary>Free blocks.</summary>
    public ulong FreeBlocks { get; set; }

    /// <summary>Free blocks that an unprivileged user may take.</summary>
    public ulong AvailableBlocks { get; set; }

    /// <summary>Number of inodes.</summary>
    public ulong Files { get; set; }

    /// <summary>Number of free inodes.</summary>
    public ulong FreeFiles { get; set; }

    /// <summary>Longest file name in bytes; 255 by custom.</summary>
    public ulong MaxNameLength { get; set; }
}
