using System.Runtime.InteropServices;

namespace Qcow2Fs.Image.Native;

/// <summary>struct flock of 64-bit Linux, x86-64 and arm64 alike, and the commands that take it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct FileLock
{
    /// <summary>F_OFD_GETLK: who stands in the way of such a lock?</summary>
    public const int Get = 36;

    /// <summary>F_OFD_SETLK: take or drop it for this open file description, at once or not at all.</summary>
    public const int Set = 37;

    [FieldOffset(0)]
    public short Type;

    [FieldOffset(2)]
    public short Whence;

    [FieldOffset(8)]
    public long Start;

    [FieldOffset(16)]
    public long Length;

    /// <summary>Must be 0 for these commands.</summary>
    [FieldOffset(24)]
    public int Process;
}
