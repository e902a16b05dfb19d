using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>
/// A directory for mounts in the background, with an image <c>a.qcow2</c> and a mount point <c>m</c>; all is unmounted at the end.
/// </summary>
internal sealed class MountDirectory : IDisposable
{
    public MountDirectory()
    {
        QemuImg.Do("create", "-q", "-f", "qcow2", Files["a.qcow2"], "4M");
        Directory.CreateDirectory(Files["m"]);
    }

    public TempDirectory Files { get; } = new();

    public string Path => Files.Path;

    /// <summary>The daemon of this directory's mount; several are a line each.</summary>
    /// <remarks>Children inherit the variable that only this directory's scripts have.</remarks>
    public string Daemon => Run("""
        grep -lzx -- "D=$D" /proc/[0-9]*/environ 2> /dev/null | cut -d/ -f3 |
        while read p; do grep -qzx -- --in-background /proc/$p/cmdline && echo $p; done
        """).Output.Trim();

    /// <summary>The path of a file.</summary>
    public string this[string name] => Files[name];

    /// <summary>Runs a script in the directory, which is $D.</summary>
    public ToolResult Run(string script, params string[] arguments) =>
        Program.Shell($"cd \"$D\" || exit 99\n{script}", [("D", Files.Path)], arguments);

    /// <summary>The output of a script that must succeed and say nothing on its standard error.</summary>
    public string Do(string script, params string[] arguments)
    {
        var result = Run(script, arguments);
        Assert.True(result is { ExitCode: 0, Error: "" }, result.ToString());
        return result.Output;
    }

    /// <summary>The watchdog of a daemon: its only child.</summary>
    public string WatchdogOf(string daemon) => Do("pgrep -P $1", daemon).Trim();

    public void Dispose()
    {
        foreach (var directory in Directory.GetDirectories(Files.Path))
        {
            Mounts.Clear(directory);
        }

        Files.Dispose();
    }
}
