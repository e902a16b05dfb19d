using System.Runtime.InteropServices;

namespace Qcow2Fs.Image.Native;

/// <summary>struct statx (linux/stat.h): the same on every architecture, unlike struct stat.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxBuffer
{
    /// <summary>STATX_BASIC_STATS and STATX_BTIME: what struct stat holds, and the time of birth, which stays 0 where there is none.</summary>
    public const uint Wanted = 0xfff;

    [FieldOffset(20)]
    public uint Uid;

    [FieldOffset(24)]
    public uint Gid;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public ulong Size;

    [FieldOffset(64)]
    public Timestamp Accessed;

    [FieldOffset(80)]
    public Timestamp Born;

    [FieldOffset(96)]
    public Timestamp Changed;

    [FieldOffset(112)]
    public Timestamp Modified;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;

    /// <summary>struct statx_timestamp.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct Timestamp
    {
        [FieldOffset(0)]
        public long Seconds;

        [FieldOffset(8)]
        public uint Nanoseconds;
    }
}
