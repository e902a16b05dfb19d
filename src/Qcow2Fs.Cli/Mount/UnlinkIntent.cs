namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// What an unlink means, which depends on the program that asks: mv, install, cp, tar and cpio remove a file right before they create it
/// anew, and rm means what it says. The one rule of a mount that looks at the caller. Whatever cannot be learned means "remove".
/// </summary>
internal sealed class UnlinkIntent
{
    private const string Busybox = "busybox";
    private const int MaxCommandLine = 4096;

    // These unlink a file before they create it anew.
    private static readonly string[] s_replacing = ["mv", "install", "ginstall", "cp", "tar", "bsdtar", "cpio"];

    // These also remove what they have copied elsewhere: mv to another file system, tar --remove-files.
    private static readonly string[] s_moving = ["mv", "tar", "bsdtar"];

    // The command line is read under a lock of the process, which could be waiting for this mount.
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(100);

    // Which process has opened which file for reading, not long ago. Where two share a slot the earlier is forgotten.
    private readonly (int ProcessId, int PathHash)[] _reads = new (int, int)[4096];

    /// <summary>A process has opened a file for reading.</summary>
    public void HasRead(int processId, ReadOnlySpan<byte> path)
    {
        var hash = Hash(path);
        Slot(hash) = (processId, hash);
    }

    /// <summary>Whether a process that unlinks a file is about to create it anew.</summary>
    public bool IsReplacement(int processId, ReadOnlySpan<byte> path)
    {
        // The process may have ended, or be in another PID namespace; /proc may hide it, or be missing.
        var name = OpenFiles.NameOf($"/proc/{processId}");
        name = name == Busybox ? AppletOf(processId) : name;
        var hash = Hash(path);
        return s_replacing.Contains(name) && !(s_moving.Contains(name) && Slot(hash) == (processId, hash));
    }

    private static string? AppletOf(int processId)
    {
        var arguments = Task.Run(() => OpenFiles.Try(() => CommandLine(processId)));
        return arguments.Wait(s_limit) && arguments.Result is [_, var applet, ..] ? applet : null;
    }

    private static string[] CommandLine(int processId)
    {
        using var file = File.OpenRead($"/proc/{processId}/cmdline");
        var start = new byte[MaxCommandLine];
        return Encoding.UTF8.GetString(start, 0, file.Read(start)).Split('\0');
    }

    private static int Hash(ReadOnlySpan<byte> path)
    {
        var hash = new HashCode();
        hash.AddBytes(path);
        return hash.ToHashCode();
    }

    private ref (int ProcessId, int PathHash) Slot(int hash) => ref _reads[(uint)hash % (uint)_reads.Length];
}
