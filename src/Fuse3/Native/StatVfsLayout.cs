using System.Runtime.InteropServices;

namespace Fuse3.Native;

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
    public const int Size = 112;

    public static void Write(Span<byte> target, in FileSystemStat stat)
    {
        target = target[..Size];
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
