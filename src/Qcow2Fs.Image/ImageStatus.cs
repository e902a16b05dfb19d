using Mono.Unix.Native;

namespace Qcow2Fs.Image;

/// <summary>What the system says of the image file (statx).</summary>
public readonly record struct ImageStatus
{
    /// <summary>Type and permissions.</summary>
    public FilePermissions Mode { get; init; }

    /// <summary>The owner.</summary>
    public uint Uid { get; init; }

    /// <summary>The group.</summary>
    public uint Gid { get; init; }

    /// <summary>Bytes; 0 for a block device, see <see cref="ImageFile.Length"/>.</summary>
    public long Size { get; init; }

    /// <summary>When it was last read.</summary>
    public ImageTime Atime { get; init; }

    /// <summary>When its content last changed.</summary>
    public ImageTime Mtime { get; init; }

    /// <summary>When its content or attributes last changed.</summary>
    public ImageTime Ctime { get; init; }

    /// <summary>When the file was made; zero where the file system does not say.</summary>
    public ImageTime Born { get; init; }

    /// <summary>The file system's device: major number in the upper half, minor in the lower.</summary>
    public ulong Device { get; init; }

    /// <summary>The inode. With <see cref="Device"/> it says which file this is.</summary>
    public ulong Inode { get; init; }

    /// <summary>Whether it is a block device.</summary>
    public bool IsBlockDevice => (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFBLK;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR;

    /// <summary>Whether it is something that can hold an image: a regular file or a block device.</summary>
    public bool IsImage => IsBlockDevice || (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFREG;

    /// <summary>Whether nothing has written to the file between the two, as far as its times can tell.</summary>
    public bool IsUnchanged(in ImageStatus other) =>
        IsSameInode(other) && (Size, Mtime, Ctime) == (other.Size, other.Mtime, other.Ctime);

    /// <summary>
    /// Whether a later write shows in the times: both lie at least three seconds back, and file systems stamp in steps of at
    /// most two. Never for a block device, whose times do not follow its content.
    /// </summary>
    public bool IsSettled => !IsBlockDevice && DateTimeOffset.UtcNow.ToUnixTimeSeconds() - Math.Max(Mtime.Seconds, Ctime.Seconds) > 3;

    /// <summary>
    /// Whether both are of one file, and not of one that was removed and one that got its inode. An overlay's file is another
    /// one after its first change.
    /// </summary>
    public bool IsSameFile(in ImageStatus other) => IsSameInode(other) && Born == other.Born;

    /// <summary>Whether both are of one and the same file.</summary>
    public bool IsSameInode(in ImageStatus other) => Device == other.Device && Inode == other.Inode;
}
