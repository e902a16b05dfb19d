using System.Runtime.InteropServices;

namespace Qcow2Fs.Image.Native;

/// <summary>struct open_how (linux/openat2.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct OpenHow
{
    /// <summary>__NR_openat2.</summary>
    public const nint SystemCall = 437;

    /// <summary>RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: a path leads nowhere but down.</summary>
    public const ulong DownOnly = 0x08 | 0x04 | 0x02;

    [FieldOffset(0)]
    public ulong Flags;

    [FieldOffset(16)]
    public ulong Resolve;
}
