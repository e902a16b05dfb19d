namespace Posix;

/// <summary>How a file is opened. Never for child processes, never as a terminal, never with a wait.</summary>
internal readonly struct OpenMode
{
    // Without O_NONBLOCK, opening a FIFO that has an image's name would wait for a writer. On files and disks the flag has no effect.
    private const int Image = LibC.NonBlocking | LibC.NoControllingTerminal | LibC.CloseOnExec;

    private OpenMode(int flags) => Flags = flags;

    /// <summary>A directory that names can be resolved from, nothing else (O_PATH).</summary>
    public static OpenMode Directory => new(LibC.PathOnly | LibC.CloseOnExec | LibC.DirectoryOnly);

    /// <summary>A directory whose names are to be read.</summary>
    public static OpenMode List => new(LibC.CloseOnExec | LibC.DirectoryOnly);

    /// <summary>Whatever has the name, to ask for its attributes (O_PATH).</summary>
    public static OpenMode Anything => new(LibC.PathOnly | LibC.CloseOnExec | LibC.NoFollow);

    /// <summary>An image for reading.</summary>
    public static OpenMode Read => new(Image | LibC.NoFollow);

    /// <summary>An image for a commit.</summary>
    public static OpenMode ReadWrite => new(Image | LibC.NoFollow | LibC.ReadWrite);

    /// <summary>A new file, which has no name yet.</summary>
    public static OpenMode New => new(LibC.CloseOnExec | LibC.ReadWrite | LibC.CreateNew);

    /// <summary>The flags of open(2).</summary>
    public int Flags { get; }
}
