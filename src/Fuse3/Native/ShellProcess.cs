namespace Fuse3.Native;

/// <summary>
/// A /bin/sh that reads from a pipe, in its own session, with PATH as its only variable. Uses posix_spawn(3): .NET's Process cannot
/// start a session, and would cost the server three times the shell's memory.
/// </summary>
internal sealed unsafe class ShellProcess : IDisposable
{
    private const string Shell = "/bin/sh";
    private const string Null = "/dev/null";
    private const string DefaultPath = "/usr/sbin:/usr/bin:/sbin:/bin";
    private readonly SafeFileHandle _pipe;
    private readonly int _id;

    private ShellProcess(SafeFileHandle pipe, int id)
    {
        _pipe = pipe;
        _id = id;
    }

    /// <exception cref="FuseException">No descriptor, no memory or no shell.</exception>
    public static ShellProcess Start(string script)
    {
        var ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.CloseOnExec) != 0)
        {
            throw Failure(LibC.LastError);
        }

        using var input = new SafeFileHandle(ends[0], ownsHandle: true);
        var pipe = new SafeFileHandle(ends[1], ownsHandle: true);
        var error = Spawn(script, ends[0], out var id);
        if (error == 0)
        {
            return new ShellProcess(pipe, id);
        }

        pipe.Dispose();
        throw Failure(error);
    }

    /// <summary>Sends a line; does nothing if the shell has ended.</summary>
    public void WriteLine(string line)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(line + '\n');
        _ = LibC.write(_pipe, bytes, (nuint)bytes.Length);
    }

    /// <summary>Closes the pipe and waits for the shell's end.</summary>
    public void Dispose()
    {
        _pipe.Dispose();
        _ = LibC.waitpid(_id, null, 0);
    }

    // The structures are opaque; tests/Fuse3.Tests/layout.c measures their size.
    private static int Spawn(string script, int input, out int id)
    {
        var actions = stackalloc byte[LibC.SpawnStructureSize];
        var attributes = stackalloc byte[LibC.SpawnStructureSize];
        _ = LibC.posix_spawn_file_actions_init(actions);
        _ = LibC.posix_spawnattr_init(attributes);
        try
        {
            _ = LibC.posix_spawn_file_actions_adddup2(actions, input, 0);
            _ = LibC.posix_spawn_file_actions_addopen(actions, 1, Null, LibC.WriteOnly, 0);
            _ = LibC.posix_spawn_file_actions_adddup2(actions, 1, 2);
            _ = LibC.posix_spawnattr_setflags(attributes, LibC.SpawnInOwnSession);
            using var arguments = new ArgumentVector(Shell, "-c", script);
            using var environment = new ArgumentVector($"PATH={Environment.GetEnvironmentVariable("PATH") ?? DefaultPath}");
            return LibC.posix_spawn(out id, Shell, actions, attributes, arguments.View.Values, environment.View.Values);
        }
        finally
        {
            _ = LibC.posix_spawn_file_actions_destroy(actions);
            _ = LibC.posix_spawnattr_destroy(attributes);
        }
    }

    private static FuseException Failure(int error)
        => FuseException.FromErrno(FuseError.MountFailed, error, $"Cannot start {Shell}, the watchdog of the mount");
}
