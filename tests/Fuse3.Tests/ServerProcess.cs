using System.Diagnostics;
using System.Globalization;

namespace Fuse3.Tests;

/// <summary>Program.cs in a process of its own, perhaps as another user or with other surroundings.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int Limit = 20_000;
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>How to run it: arguments for a wrapper such as setpriv or unshare.</summary>
    public static string[] Command(params string[] arguments)
        =>
        [
            Environment.ProcessPath!, "exec", "--runtimeconfig", InBase("Fuse3.Tests.runtimeconfig.json"),
            InBase("Fuse3.Tests.dll"), .. arguments,
        ];

    /// <summary>Starts a command and returns when it reports that the mount is ready.</summary>
    public static async Task<ServerProcess> StartAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        var server = new ServerProcess(Process.Start(start)!);
        try
        {
            Assert.Equal("ready", await server._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMilliseconds(Limit)));
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Sends SIGKILL, first to the watchdog, the only child.</summary>
    public void KillWithWatchdog()
    {
        var child = Directory.GetDirectories($"/proc/{_process.Id}/task")
            .Select(task => File.ReadAllText($"{task}/children").Trim()).Single(children => children.Length > 0);
        Process.GetProcessById(int.Parse(child, CultureInfo.InvariantCulture)).Kill();
        _process.Kill();
        Assert.True(_process.WaitForExit(Limit));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string InBase(string file) => Path.Combine(AppContext.BaseDirectory, file);
}
