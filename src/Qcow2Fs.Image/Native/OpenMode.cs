using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Qcow2Fs.Image.Native;

/// <summary>The ways in which files are opened. Never the caller's umask, terminal or children, never a wait.</summary>
internal static class OpenMode
{
    // The one difference between the architectures: arm64 has these two bits where x86 has O_DIRECT and others.
    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int s_directory = s_isArm ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = s_isArm ? 0x8000 : 0x20000;

    // Without O_NONBLOCK a FIFO in the image's place would hang us; on files and disks it means nothing.
    private const int Image = (int)(OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);

    /// <summary>A place in the tree that names can be resolved from, nothing else (O_PATH).</summary>
    public static readonly int Directory = (int)(OpenFlags.O_PATH | OpenFlags.O_CLOEXEC) | s_directory;

    /// <summary>A directory whose names are to be read.</summary>
    public static readonly int List = (int)OpenFlags.O_CLOEXEC | s_directory;

    /// <summary>Whatever the name is, to ask about it and nothing else (O_PATH).</summary>
    public static readonly int Anything = (int)(OpenFlags.O_PATH | OpenFlags.O_CLOEXEC) | s_noFollow;

    /// <summary>An image for reading.</summary>
    public static readonly int Read = Image | s_noFollow;

    /// <summary>An image for a commit.</summary>
    public static readonly int ReadWrite = Image | s_noFollow | (int)OpenFlags.O_RDWR;
}
