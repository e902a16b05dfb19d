namespace Fuse3;

/// <summary>
/// The attributes of one file, independent of the machine; the binding writes them to the C <c>struct stat</c> of the architecture it
/// runs on. Inode numbers are chosen by libfuse.
/// </summary>
public struct FileStat
{
    /// <summary>
    /// File type and permission bits as in st_mode (inode(7)): S_IFDIR 0x4000, S_IFREG 0x8000, S_IFLNK 0xA000, low 12 bits for the
    /// permissions.
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

    /// <summary>Space taken, in units of 512 bytes whatever <see cref="BlockSize"/> says (stat(2)).</summary>
    public ulong Blocks { get; set; }

    /// <summary>Preferred size of an I/O request in bytes; 0 leaves the choice to the kernel.</summary>
    public uint BlockSize { get; set; }

    /// <summary>Time of the last access.</summary>
    public TimeSpec AccessTime { get; set; }

    /// <summary>Time of the last change of the content.</summary>
    public TimeSpec ModifyTime { get; set; }

    /// <summary>Time of the last change of the attributes.</summary>
    public TimeSpec ChangeTime { get; set; }
}
