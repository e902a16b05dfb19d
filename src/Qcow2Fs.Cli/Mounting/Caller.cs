using System.Text;

namespace Qcow2Fs.Cli.Mounting;

/// <summary>
/// Who asks. Two things depend on it, which the calls alone do not tell: whether an unlink means "remove" or "I am about to
/// replace it", and whether a close is the last one.
/// </summary>
internal static class Caller
{
    // These unlink a file before they create it anew. For rm the same call means what it says.
    private static readonly string[] s_replacing = ["mv", "install", "ginstall", "cp", "tar", "bsdtar", "cpio"];

    public static bool Replaces(int processId)
    {
        try
        {
            var words = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{processId}/cmdline")).Split('\0');
            var name = Path.GetFileName(words[0]);
            return s_replacing.Contains(name == "busybox" && words.Length > 1 ? words[1] : name);
        }
        catch (IOException)
        {
            // It is gone, or in a PID namespace that is not ours.
            return false;
        }
    }

    /// <summary>Whether the process has the file open, besides the descriptor that it is closing.</summary>
    public static bool HasOpen(int processId, string mountPoint, ReadOnlySpan<byte> path)
    {
        var file = mountPoint + Encoding.UTF8.GetString(path);
        return OpenFiles.Of($"/proc/{processId}").Contains(file);
    }
}
