using System.Diagnostics;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>The program as users get it, and the scripts that use its mounts. Bytes are Latin-1 characters both ways.</summary>
internal static class Program
{
    /// <summary>No test waits longer than this for anything.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Where it is.</summary>
    public static readonly string Path = Tool.Qcow2Fs;

    /// <summary>Runs qcow2fs.</summary>
    public static ToolResult Run(params string[] arguments) => Run(null, arguments);

    /// <summary>Runs qcow2fs in a directory.</summary>
    public static ToolResult Run(string? directory, string[] arguments) => Tool.Run(StartOf(directory, arguments), limit: Limit);

    /// <summary>Runs bash with a script. <c>$Q</c> is the program; $1, $2... are the arguments.</summary>
    public static ToolResult Shell(string script, params string[] arguments) => Shell(script, [], arguments);

    /// <summary>Runs bash with a script and variables.</summary>
    public static ToolResult Shell(string script, IEnumerable<(string Name, string Value)> variables, params string[] arguments)
    {
        var start = Plain("bash", ["-c", script, "bash", .. arguments]);
        start.Environment["Q"] = Path;
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Tool.Run(start, limit: Limit);
    }

    /// <summary>
    /// Runs bash as a user without rights, with a /dev/fuse that everybody may open, as udev makes it; containers often have
    /// another. The mounts are not seen outside, so the script unmounts what it mounts.
    /// </summary>
    public static ToolResult AsNobody(TempDirectory directory, string script) => Shell(
        """
        exec unshare -m bash -c '
        mknod -m 666 "$D/fuse" c 10 229 && mount --bind "$D/fuse" /dev/fuse && cd "$D" &&
        exec setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "$1"' bash "$1"
        """,
        [("D", directory.Path)],
        script);

    /// <summary>qcow2fs, ready to be started.</summary>
    public static ProcessStartInfo StartOf(string? directory, params string[] arguments)
    {
        Machine.RequireFuse();
        var start = Plain(Path, arguments);
        start.WorkingDirectory = directory ?? "";
        return start;
    }

    // A shell ignores INT and QUIT in its background jobs, and nohup HUP; children inherit that. The program under test gets the
    // signals' default dispositions, however the tests were started.
    private static ProcessStartInfo Plain(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("env", ["--default-signal=INT,QUIT,HUP", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        start.Environment["LC_ALL"] = "C";
        // The tests may run on a runtime that only they know of.
        if (System.IO.Path.GetFileName(Environment.ProcessPath) == "dotnet")
        {
            start.Environment["DOTNET_ROOT"] = System.IO.Path.GetDirectoryName(Environment.ProcessPath);
        }

        return start;
    }
}
