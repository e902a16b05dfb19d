using System.Text;

namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// Who asks. Two things depend on it, which the calls alone do not tell: whether an unlink means "remove" or "I am about to
/// replace it", and whether a close is the last one.
/// </summary>
internal static class Caller
{
    // These unlink a file before they create it anew. For rm the same call means what it says.
    private static readonly string[] s_replacing = ["mv", "install", "ginstall", "cp", "tar", "bsdtar", "cpio"];

    // These also remove what they have copied elsewhere: mv to another file system, tar --remove-files.
    private static readonly string[] s_moving = ["mv", "tar", "bsdtar"];

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether a process that unlinks a file is about to create it anew.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="hasRead">Whether it has read that file.</param>
    public static bool Replaces(int processId, bool hasRead)
    {
        try
        {
            var words = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{processId}/cmdline")).Split('\0');
            var name = Path.GetFileName(words[0]);
            name = name == "busybox" && words.Length > 1 ? words[1] : name;
            return s_replacing.Contains(name) && !(hasRead && s_moving.Contains(name));
        }
        catch (IOException)
        {
            // It is gone, or in a PID namespace that is not ours.
            return false;
        }
    }

    /// <summary>
    /// Whether the process has the file open for writing, besides the descriptor that it is closing. While execve(2) closes
    /// descriptors nobody can look at them, and to wait for that would be to wait for oneself; then it counts as open, as it
    /// is in the process that has forked this one.
    /// </summary>
    public static bool MayWrite(int processId, string mountPoint, ReadOnlySpan<byte> path)
    {
        var file = mountPoint + Encoding.UTF8.GetString(path);
        var search = Task.Run(() => OpenFiles.WrittenBy($"/proc/{processId}").Contains(file));
        return !search.Wait(s_patience) || search.Result;
    }
}
