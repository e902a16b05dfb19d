using System.Text;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;
using Posix;

namespace Fuse3.Native;

/// <summary>
/// A /bin/sh that reads from a pipe. It gets a session of its own, PATH and nothing else. The class Process of .NET would cost the server
/// three times the shell's memory, and knows no sessions.
/// </summary>
internal sealed unsafe class ShellProcess : IDisposable
{
    private const string Shell = "/bin/sh";
    private const string Nothing = "/dev/null";
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
            throw Refuse((Errno)LibC.LastError);
        }

        using var input = new SafeFileHandle(ends[0], ownsHandle: true);
        var pipe = new SafeFileHandle(ends[1], ownsHandle: true);
        var error = Spawn(script, ends[0], out var id);
        if (error == 0)
        {
            return new ShellProcess(pipe, id);
        }

        pipe.Dispose();
        throw Refuse(error);
    }

    /// <summary>Sends a line; one that is not read any more is dropped.</summary>
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

    // Both C libraries have opaque structures here, which layout.c measures.
    private static Errno Spawn(string script, int input, out int id)
    {
        var actions = stackalloc byte[LibC.SpawnStructureSize];
        var attributes = stackalloc byte[LibC.SpawnStructureSize];
        _ = LibC.posix_spawn_file_actions_init(actions);
        _ = LibC.posix_spawnattr_init(attributes);
        try
        {
            _ = LibC.posix_spawn_file_actions_adddup2(actions, input, 0);
            _ = LibC.posix_spawn_file_actions_addopen(actions, 1, Nothing, LibC.WriteOnly, 0);
            _ = LibC.posix_spawn_file_actions_adddup2(actions, 1, 2);
            _ = LibC.posix_spawnattr_setflags(attributes, LibC.SpawnInOwnSession);
            using var arguments = new ArgumentVector(Shell, "-c", script);
            using var environment = new ArgumentVector($"PATH={Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin"}");
            return (Errno)LibC.posix_spawn(out id, Shell, actions, attributes, arguments.View.Values, environment.View.Values);
        }
        finally
        {
            _ = LibC.posix_spawn_file_actions_destroy(actions);
            _ = LibC.posix_spawnattr_destroy(attributes);
        }
    }

    private static FuseException Refuse(Errno error) => new(FuseError.MountFailed, error, $"Cannot start {Shell} to guard the mount: {error}.");
}
