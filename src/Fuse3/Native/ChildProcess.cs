using System.Diagnostics.CodeAnalysis;

namespace Fuse3.Native;

/// <summary>
/// A child process in a session of its own, which no signal to a process group or terminal reaches and which ignores HUP, INT, QUIT and
/// TERM. It has nothing open but a channel to this process and /dev/null. Uses posix_spawn(3): .NET's Process cannot do that.
/// </summary>
internal sealed unsafe class ChildProcess : IDisposable
{
    private const string Null = "/dev/null";

    // AF_UNIX; SOCK_STREAM, and SOCK_CLOEXEC, which is O_CLOEXEC.
    private const int LocalDomain = 1;
    private const int StreamType = 1;

    // SIGHUP, SIGINT, SIGQUIT, SIGTERM: blocked, not ignored, so that the program that is started need not do anything.
    private const ulong Blocked = 1UL << 0 | 1UL << 1 | 1UL << 2 | 1UL << 14;

    private readonly SafeFileHandle _channel;
    private int _id;

    private ChildProcess(SafeFileHandle channel, int id) => (_channel, _id) = (channel, id);

    private int Channel => (int)_channel.DangerousGetHandle();

    /// <summary>Starts a program; the result is 0 or the error number.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">With the name that ps(1) shows before them.</param>
    /// <param name="environment">All of its variables.</param>
    /// <param name="channelNumber">Which of 0, 1 and 2 the channel is there; the others are /dev/null.</param>
    /// <param name="process">Null on an error.</param>
    public static int Start(
        string program, NativeName[] arguments, NativeName[] environment, int channelNumber, [NotNull] out ChildProcess? process)
    {
        process = null!;
        var ends = stackalloc int[2];
        if (LibC.socketpair(LocalDomain, StreamType | LibC.CloseOnExec, 0, ends) != 0)
        {
            return LibC.LastError;
        }

        var channel = new SafeFileHandle(ends[0], ownsHandle: true);
        using var other = new SafeFileHandle(ends[1], ownsHandle: true);
        var error = Spawn(program, arguments, environment, ends[1], channelNumber, out var id);
        if (error != 0)
        {
            channel.Dispose();
            return error;
        }

        process = new(channel, id);
        return 0;
    }

    /// <summary>Sends bytes; does nothing if the process has ended.</summary>
    public void Write(ReadOnlySpan<byte> data) => _ = LibC.write(_channel, data, (nuint)data.Length);

    /// <summary>Waits for one byte from the process; false when it has ended or the time is over.</summary>
    public bool WaitForByte(TimeSpan limit)
    {
        Span<byte> buffer = stackalloc byte[1];
        Span<LibC.PollDescriptor> descriptors = [new() { Descriptor = Channel, Events = LibC.PollIn }];
        return LibC.poll(descriptors, 1, (int)limit.TotalMilliseconds) > 0 && LibC.read(Channel, buffer, 1) == 1;
    }

    /// <summary>Everything that the process writes, up to its end.</summary>
    public byte[] ReadToEnd() => ReadToEnd(Channel);

    /// <summary>Everything that comes from the other end of a channel, until it is closed.</summary>
    public static byte[] ReadToEnd(int channel)
    {
        var all = new List<byte>();
        Span<byte> buffer = stackalloc byte[1024];
        while (LibC.read(channel, buffer, (nuint)buffer.Length) is var count && (count > 0 || (count < 0 && LibC.LastError == Errno.EINTR)))
        {
            all.AddRange(buffer[..(int)nint.Max(count, 0)]);
        }

        return [.. all];
    }

    /// <summary>Waits for its end; the result is the status of waitpid(2), 0 for success.</summary>
    public int Wait()
    {
        var id = _id;
        _id = 0;
        return id != 0 && LibC.waitpid(id, out var status, 0) == id ? status : 0;
    }

    /// <summary>Kills it, unless it was waited for.</summary>
    public void Dispose()
    {
        if (_id != 0)
        {
            _ = LibC.kill(_id, LibC.KillSignal);
            _ = Wait();
        }

        _channel.Dispose();
    }

    // The structures are opaque; tests/Fuse3.Tests/layout.c measures their size.
    private static int Spawn(string program, NativeName[] arguments, NativeName[] environment, int channel, int channelNumber, out int id)
    {
        var actions = stackalloc byte[LibC.SpawnStructureSize];
        var attributes = stackalloc byte[LibC.SpawnStructureSize];
        var mask = stackalloc ulong[LibC.SpawnStructureSize / sizeof(ulong)];
        mask[0] = Blocked;
        _ = LibC.posix_spawn_file_actions_init(actions);
        _ = LibC.posix_spawnattr_init(attributes);
        try
        {
            // First, because the caller may have closed 0, 1 and 2, so that the channel is one of them.
            _ = LibC.posix_spawn_file_actions_adddup2(actions, channel, channelNumber);
            for (var number = 0; number <= 2; number++)
            {
                if (number != channelNumber)
                {
                    _ = LibC.posix_spawn_file_actions_addopen(actions, number, Null, LibC.ReadWrite, 0);
                }
            }

            CloseTheRest(actions);
            _ = LibC.posix_spawnattr_setsigmask(attributes, mask);
            _ = LibC.posix_spawnattr_setflags(attributes, LibC.SpawnInOwnSession | LibC.SpawnWithSignalMask);
            using var argumentVector = new ArgumentVector(arguments);
            using var environmentVector = new ArgumentVector(environment);
            return LibC.posix_spawn(out id, program, actions, attributes, argumentVector.View.Values, environmentVector.View.Values);
        }
        finally
        {
            _ = LibC.posix_spawn_file_actions_destroy(actions);
            _ = LibC.posix_spawnattr_destroy(attributes);
        }
    }

    private static void CloseTheRest(byte* actions)
    {
        try
        {
            _ = LibC.posix_spawn_file_actions_addclosefrom_np(actions, 3);
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library: what the program has open without O_CLOEXEC stays open.
        }
    }
}
