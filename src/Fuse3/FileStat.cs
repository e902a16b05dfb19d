namespace Fuse3;

/// <summary>
/// The attributes of one file, independent of the machine; the binding writes them to the C <c>struct stat</c> of the architecture.
/// libfuse chooses the inode numbers.
/// </summary>
public struct FileStat
{
    /// <summary>
    /// File type and permission bits as in st_mode (inode(7)): a <see cref="FileType"/> and the low 12 bits for the permissions, for
    /// example <c>FileType.Regular | 0b110_100_100</c>.
    /// </summary>
    public uint Mode { get; set; }

    /// <summary>Number of hard links; by custom 1 for a file and 2 for a directory.</summary>
    public ulong LinkCount { get; set; }

    /// <summary>Owner.</summary>
    public uint UserId { get; set; }

    /// <summary>Group.</summary>
    public uint GroupId { get; set; }

    /// <summary>Size in bytes. Give the exact size: tar, rsync and, without direct I/O, every reader trust it.</summary>
    public ulong Size { get; set; }

    /// <summary>Allocated space in units of 512 bytes, independent of <see cref="BlockSize"/> (stat(2)).</summary>
    public ulong Blocks { get; set; }

    /// <summary>Preferred size of an I/O request in bytes; with 0 the kernel chooses.</summary>
    public uint BlockSize { get; set; }

    /// <summary>Time of the last access.</summary>
    public TimeSpec AccessTime { get; set; }

    /// <summary>Time of the last change of the content.</summary>
    public TimeSpec ModifyTime { get; set; }

    /// <summary>Time of the last change of the attributes.</summary>
    public TimeSpec ChangeTime { get; set; }
}

/// <summary>The file type bits of st_mode (inode(7)).</summary>
public static class FileType
{
    /// <summary>S_IFMT, the mask of the type bits.</summary>
    public const uint Mask = 0xF000;

    /// <summary>S_IFIFO.</summary>
    public const uint Fifo = 0x1000;

    /// <summary>S_IFCHR.</summary>
    public const uint CharacterDevice = 0x2000;

    /// <summary>S_IFDIR.</summary>
    public const uint Directory = 0x4000;

    /// <summary>S_IFBLK.</summary>
    public const uint BlockDevice = 0x6000;

    /// <summary>S_IFREG.</summary>
    public const uint Regular = 0x8000;

    /// <summary>S_IFLNK.</summary>
    public const uint SymbolicLink = 0xA000;

    /// <summary>S_IFSOCK.</summary>
    public const uint Socket = 0xC000;
}
