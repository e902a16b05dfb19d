namespace Posix;

/// <summary>How a file is opened. Never for child processes, never as a terminal, never with a wait.</summary>
internal readonly struct OpenMode
{
    // The values of x86-64 and arm64, where they are the same.
    private const int CreateNew = 0x40 | 0x80;
    private const int NoControllingTerminal = 0x100;
    private const int PathOnly = 0x200000;

    // Without O_NONBLOCK, opening a FIFO that has an image's name would wait for a writer. On files and disks the flag has no effect.
    private const int Image = LibC.NonBlocking | NoControllingTerminal | LibC.CloseOnExec;

    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;
    private static readonly int s_directoryOnly = s_isArm ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = s_isArm ? 0x8000 : 0x20000;

    private OpenMode(int flags) => Flags = flags;

    /// <summary>A directory that names can be resolved from, nothing else (O_PATH).</summary>
    public static OpenMode Directory => new(PathOnly | LibC.CloseOnExec | s_directoryOnly);

    /// <summary>The same, but not through a symbolic link.</summary>
    public static OpenMode DirectoryItself => new(PathOnly | LibC.CloseOnExec | s_directoryOnly | s_noFollow);

    /// <summary>A directory whose names are to be read.</summary>
    public static OpenMode List => new(LibC.CloseOnExec | s_directoryOnly);

    /// <summary>Whatever has the name, to ask for its attributes (O_PATH).</summary>
    public static OpenMode Anything => new(PathOnly | LibC.CloseOnExec | s_noFollow);

    /// <summary>An image for reading.</summary>
    public static OpenMode Read => new(Image | s_noFollow);

    /// <summary>An image for a commit.</summary>
    public static OpenMode ReadWrite => new(Image | s_noFollow | LibC.ReadWrite);

    /// <summary>A new file, which has no name yet.</summary>
    public static OpenMode New => new(LibC.CloseOnExec | LibC.ReadWrite | CreateNew);

    /// <summary>The flags of open(2).</summary>
    public int Flags { get; }
}
