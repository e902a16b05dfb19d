namespace Fuse3.Native;

/// <summary>The offsets of C <c>struct stat</c> on one 64-bit architecture (glibc bits/struct_stat.h, musl bits/stat.h).</summary>
internal sealed record StatLayout(uint Size, int Mode, int LinkCount, int LinkCountSize, int UserId, int GroupId)
{
    public static StatLayout X64 { get; } = new(Size: 144, Mode: 24, LinkCount: 16, LinkCountSize: 8, UserId: 28, GroupId: 32);

    public static StatLayout Arm64 { get; } = new(Size: 128, Mode: 16, LinkCount: 20, LinkCountSize: 4, UserId: 24, GroupId: 28);

    /// <summary>The layout of this machine.</summary>
    /// <exception cref="PlatformNotSupportedException">Neither x64 nor arm64.</exception>
    public static StatLayout Current { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => X64,
        Architecture.Arm64 => Arm64,
        Architecture other => throw new PlatformNotSupportedException($"No layout of struct stat is known for {other}."),
    };

    // The same on both architectures. st_blksize has 8 bytes on x64 and 4 plus padding on arm64: writing 4 into zeroed memory serves both.
    public const int FileSize = 48;
    public const int BlockSize = 56;
    public const int Blocks = 64;
    public const int AccessTime = 72;
    public const int ModifyTime = 88;
    public const int ChangeTime = 104;

    /// <summary>Writes all <see cref="Size"/> bytes of the structure.</summary>
    public void Write(Span<byte> target, in FileStat stat)
    {
        target = target[..(int)Size];
        target.Clear();
        MemoryMarshal.Write(target[Mode..], stat.Mode);
        if (LinkCountSize == sizeof(ulong))
        {
            MemoryMarshal.Write(target[LinkCount..], stat.LinkCount);
        }
        else
        {
            MemoryMarshal.Write(target[LinkCount..], (uint)ulong.Min(stat.LinkCount, uint.MaxValue));
        }

        MemoryMarshal.Write(target[UserId..], stat.UserId);
        MemoryMarshal.Write(target[GroupId..], stat.GroupId);
        MemoryMarshal.Write(target[FileSize..], stat.Size);
        MemoryMarshal.Write(target[BlockSize..], stat.BlockSize);
        MemoryMarshal.Write(target[Blocks..], stat.Blocks);
        MemoryMarshal.Write(target[AccessTime..], stat.AccessTime);
        MemoryMarshal.Write(target[ModifyTime..], stat.ModifyTime);
        MemoryMarshal.Write(target[ChangeTime..], stat.ChangeTime);
    }
}

/// <summary>C <c>struct statvfs</c> on 64-bit Linux, x64 and arm64 alike (glibc bits/statvfs.h, musl sys/statvfs.h).</summary>
internal static class StatVfsLayout
{
    public const int BlockSize = 0;
    public const int FragmentSize = 8;
    public const int Blocks = 16;
    public const int FreeBlocks = 24;
    public const int AvailableBlocks = 32;
    public const int Files = 40;
    public const int FreeFiles = 48;
    public const int AvailableFiles = 56;
    public const int MaxNameLength = 80;
    public const uint Size = 112;

    public static void Write(Span<byte> target, in FileSystemStat stat)
    {
        target = target[..(int)Size];
        target.Clear();
        MemoryMarshal.Write(target[BlockSize..], stat.BlockSize);
        MemoryMarshal.Write(target[FragmentSize..], stat.FragmentSize);
        MemoryMarshal.Write(target[Blocks..], stat.Blocks);
        MemoryMarshal.Write(target[FreeBlocks..], stat.FreeBlocks);
        MemoryMarshal.Write(target[AvailableBlocks..], stat.AvailableBlocks);
        MemoryMarshal.Write(target[Files..], stat.Files);
        MemoryMarshal.Write(target[FreeFiles..], stat.FreeFiles);
        MemoryMarshal.Write(target[AvailableFiles..], stat.FreeFiles);
        MemoryMarshal.Write(target[MaxNameLength..], stat.MaxNameLength);
    }
}
