namespace Fuse3;

/// <summary>
/// Unmounts when this process dies without unmounting (SIGKILL, a crash): the kernel keeps the mount of a dead server, and every use of it
/// fails. The watchdog is a shell that reads from a pipe whose other end only this process holds; the kernel closes that end however the
/// process dies. libfuse's auto_unmount does the same, but up to 3.14 for root only.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    // Line 1 names the mount to watch, line 2 comes only if the server unmounts by itself. The kernel reuses mount and device numbers, and
    // another mount may cover this one: only a dead mount is unmounted.
    private const string Script = """
        # unmounts if the server of the mount dies
        trap '' HUP INT QUIT TERM
        cd /
        read -r id device || exit 0
        read -r end && exit 0
        while read -r i parent d root at rest; do
          [ "$i $d" = "$id $device" ] && path=$at
        done </proc/self/mountinfo
        [ "$path" ] || exit 0
        path=$(printf '%b.' "$path")
        path=${path%.}
        [ -e "$path" ] || umount -l -- "$path" || fusermount3 -uz -- "$path"
        """;

    private readonly ShellProcess _shell = ShellProcess.Start(Script);

    /// <summary>Names the mount to watch.</summary>
    public void Watch(MountEntry mount) => _shell.WriteLine($"{mount.Id} {mount.Device}");

    /// <summary>Ends the watchdog without an unmount.</summary>
    public void Dispose()
    {
        _shell.WriteLine("end");
        _shell.Dispose();
    }
}
