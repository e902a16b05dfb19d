using System.ComponentModel;
using System.Text.Json;

namespace Qcow2Fs.TestKit;

/// <summary>The real <c>qemu-img</c>. The tests need it: where it is missing they fail and say so.</summary>
public static class QemuImg
{
    /// <summary>Runs it, whatever its exit code.</summary>
    public static ToolResult Run(params string[] arguments)
    {
        try
        {
            return Tool.Run("qemu-img", arguments);
        }
        catch (InvalidOperationException e) when (e.InnerException is Win32Exception)
        {
            throw new InvalidOperationException("qemu-img is not installed; the tests need it (Debian: package qemu-utils)", e);
        }
    }

    /// <summary>Runs it and expects exit code 0.</summary>
    public static ToolResult Do(params string[] arguments) => Run(arguments).Expect();

    /// <summary>Of these series of releases, such as 7.2 or 10, oldest first, the one that the tools here belong to or follow.</summary>
    public static string SeriesOf(IEnumerable<string> known)
    {
        // qemu-img version 7.2.22 (Debian 1:7.2+dfsg-7)
        var installed = Version.Parse(Do("--version").Output.Split(' ')[2].TrimEnd('\n'));
        return known.Last(name => Version.Parse(name.Contains('.', StringComparison.Ordinal) ? name : name + ".0") <= installed);
    }

    /// <summary>The answer of <c>info --output=json</c>.</summary>
    public static JsonElement Info(string path) => JsonDocument.Parse(Do("info", "-f", "qcow2", "--output=json", path).Output).RootElement;

    /// <summary>
    /// The exit code of <c>check</c>: 0 clean, 1 could not check, 2 corruptions, 3 leaks. Run in the image's directory,
    /// as names of data files are relative to that of the process.
    /// </summary>
    public static ToolResult Check(string path, params string[] options) => Tool.Run(
        new System.Diagnostics.ProcessStartInfo("qemu-img", ["check", .. options, path])
        { WorkingDirectory = Path.GetDirectoryName(path) });
}
