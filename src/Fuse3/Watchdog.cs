using System.Collections;
using System.Runtime.CompilerServices;

namespace Fuse3;

/// <summary>
/// Unmounts when this process dies without unmounting (SIGKILL, a crash): the kernel keeps the mount of a dead server, and every use of it
/// fails. The watchdog is this program once more, with an argument that says so. It waits for the end of a channel whose other end only
/// this process holds; the kernel closes that end however the process dies. libfuse's auto_unmount is for root only up to 3.14.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private const string Argument = "--fuse3-watchdog";
    private const string Name = "fuse-watchdog";
    private const string Self = "/proc/self/exe";

    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(20);

    // Started without the argument being understood, the program would mount once more, start another watchdog, and so on.
    private static bool s_isUnderstood;

    private readonly ChildProcess _process;

    private Watchdog(ChildProcess process) => _process = process;

    /// <summary>The whole of <see cref="Fuse.RunWatchdog"/>.</summary>
    public static bool Run(string[] args)
    {
        s_isUnderstood = true;
        if (args is not [Argument, ..])
        {
            return false;
        }

        _ = LibC.prctl(LibC.SetName, Name);
        Environment.CurrentDirectory = "/";
        _ = LibC.write(0, [1], 1);
        try
        {
            ReadMount()?.DetachIfDead();
        }
        catch (FuseException)
        {
            // Nobody is left to report it to.
        }

        return true;
    }

    /// <summary>Starts it; null if this program is not prepared for that.</summary>
    /// <exception cref="FuseException">It cannot be started.</exception>
    public static Watchdog? Start(string mountPoint)
    {
        if (!s_isUnderstood)
        {
            return null;
        }

        List<string> arguments = [Name, Argument, $"unmounts {mountPoint} if process {Environment.ProcessId} dies"];
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet")
        {
            arguments.Insert(1, Environment.GetCommandLineArgs()[0]);
        }

        var program = File.Exists(Self) ? Self : Environment.ProcessPath ?? Environment.GetCommandLineArgs()[0];
        var error = ChildProcess.Start(program, [.. arguments.Select(NativeName.Of)], Variables(), channelNumber: 0, out var process);
        return error == 0 ? new(process) : throw FuseException.FromErrno(FuseError.MountFailed, error, "Cannot start the mount's watchdog");
    }

    /// <summary>Names the mount to watch, and waits until the watchdog runs.</summary>
    /// <exception cref="FuseException">It has ended, or does not begin.</exception>
    public void Watch(KernelMount mount)
    {
        var numbers = mount.Numbers;
        _process.Write([.. MemoryMarshal.AsBytes(new ReadOnlySpan<MountNumbers>(ref numbers)), .. mount.Path.Bytes, 0]);
        if (!_process.WaitForByte(s_startTime))
        {
            throw new FuseException(FuseError.MountFailed, Errno.ECANCELED, "The mount's watchdog ended at its start.");
        }
    }

    /// <summary>Ends the watchdog without an unmount.</summary>
    public void Dispose() => _process.Dispose();

    // Null if the process ended before it had mounted. Otherwise returns when it has ended.
    private static KernelMount? ReadMount()
    {
        var bytes = ChildProcess.ReadToEnd(0).AsSpan();
        var length = Unsafe.SizeOf<MountNumbers>();
        return bytes.Length > length && bytes[^1] == 0
            ? new(MemoryMarshal.Read<MountNumbers>(bytes), NativeName.Of(bytes[length..^1]))
            : null;
    }

    // The runtime's own variables, and what keeps it small.
    private static NativeName[] Variables()
    {
        var inherited = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}")
            .Where(variable => variable.StartsWith("DOTNET_", StringComparison.Ordinal));
        return [.. inherited.Append("DOTNET_EnableDiagnostics=0").Append("DOTNET_GCHeapHardLimit=0x2000000").Select(NativeName.Of)];
    }
}
