namespace Posix;

/// <summary>Flags of open(2). The constants are the same on x86-64 and arm64; the other two are not.</summary>
internal static unsafe partial class LibC
{
    /// <summary>O_WRONLY.</summary>
    public const int WriteOnly = 1;

    /// <summary>O_RDWR.</summary>
    public const int ReadWrite = 2;

    /// <summary>O_CREAT | O_EXCL.</summary>
    public const int CreateNew = 0x40 | 0x80;

    /// <summary>O_NOCTTY.</summary>
    public const int NoControllingTerminal = 0x100;

    /// <summary>O_NONBLOCK.</summary>
    public const int NonBlocking = 0x800;

    /// <summary>O_CLOEXEC.</summary>
    public const int CloseOnExec = 0x80000;

    /// <summary>O_PATH: a descriptor to resolve names from and to ask for attributes.</summary>
    public const int PathOnly = 0x200000;

    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;

    /// <summary>O_DIRECTORY.</summary>
    public static int DirectoryOnly => s_isArm ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW.</summary>
    public static int NoFollow => s_isArm ? 0x8000 : 0x20000;
}
