using System.Net.Sockets;

namespace Qcow2Fs.Cli.Mount;

/// <summary>Notifies systemd, or another service manager that waits, that the mount is ready (sd_notify(3)).</summary>
internal static class ServiceManager
{
    private const string Variable = "NOTIFY_SOCKET";

    /// <summary>Sends <c>READY=1</c> to the datagram socket that the environment names, if it names one.</summary>
    /// <exception cref="CommandFailure">It cannot be sent; the manager would wait in vain.</exception>
    public static void NotifyReady()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } path)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An @ stands for the NUL with which abstract names begin.
            socket.SendTo("READY=1"u8, new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            var why = e.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new CommandFailure($"cannot tell {Variable} ({path}) that the mount is ready: {why}");
        }
    }
}
