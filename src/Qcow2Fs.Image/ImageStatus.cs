namespace Qcow2Fs.Image;

/// <summary>A file's time stamp: seconds since 1970-01-01 UTC, which may be negative, and 0 to 999,999,999 nanoseconds.</summary>
public readonly record struct ImageTime(long Seconds, uint Nanoseconds);

/// <summary>The attributes of an image file (statx).</summary>
public readonly record struct ImageStatus
{
    // File systems stamp with a granularity of up to 2 seconds (FAT).
    private const int SecondsToSettle = 3;

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

    /// <summary>When the file was created; zero where the file system does not record it.</summary>
    public ImageTime Born { get; init; }

    /// <summary>The file system's device: major number in the upper half, minor in the lower.</summary>
    public ulong Device { get; init; }

    /// <summary>The inode number, unique in its <see cref="Device"/>.</summary>
    public ulong Inode { get; init; }

    /// <summary>Whether it is a block device.</summary>
    public bool IsBlockDevice => (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFBLK;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR;

    /// <summary>Whether it can hold an image: a regular file or a block device.</summary>
    public bool IsImage => IsBlockDevice || (Mode & FilePermissions.S_IFMT) == FilePermissions.S_IFREG;

    /// <summary>
    /// Whether the times have settled: every write from now on gives the file other times, so that what was read under this status is valid
    /// as long as <see cref="IsUnchanged"/> holds. Until 3 seconds after a change, a second one may leave the same times. A block device,
    /// whose times do not follow its content, never settles.
    /// </summary>
    public bool IsSettled
    {
        get
        {
            var latest = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - SecondsToSettle;
            return !IsBlockDevice && Mtime.Seconds < latest && Ctime.Seconds < latest;
        }
    }

    /// <summary>Whether nothing has written to the file between the two, as far as its times show (see <see cref="IsSettled"/>).</summary>
    public bool IsUnchanged(in ImageStatus other) => IsSameInode(other) && (Size, Mtime, Ctime) == (other.Size, other.Mtime, other.Ctime);

    /// <summary>
    /// Whether both are of one file, and not of one that was removed and one that got its inode. On an overlay file system, the first
    /// change of a file of the lower layer makes it another file.
    /// </summary>
    public bool IsSameFile(in ImageStatus other) => IsSameInode(other) && Born == other.Born;

    /// <summary>Whether both have the same inode.</summary>
    public bool IsSameInode(in ImageStatus other) => Device == other.Device && Inode == other.Inode;
}
