using Fuse3.Native;

namespace Fuse3;

/// <summary>
/// Unmounts when this process dies without doing so (SIGKILL, a crash): the kernel leaves a mount without a server where it is, and every
/// use of it fails. A shell reads from a pipe that only this process can write to, so that the kernel tells it of every kind of end.
/// libfuse's auto_unmount does the same, but in 3.14 for root only.
/// </summary>
internal sealed class Guardian : IDisposable
{
    // First it is told what to watch, and at a good end one line more. Numbers are used again after an unmount, and another mount
    // may lie on top: only what is dead is unmounted.
    private const string Script = """
        # unmounts if the server of the mount dies
        trap '' HUP INT QUIT TERM
        cd /
        read -r id device || exit 0
        read -r end && exit 0
        while read -r i parent d root at rest; do
          [ "$i $d" = "$id $device" ] && place=$at
        done </proc/self/mountinfo
        [ "$place" ] || exit 0
        place=$(printf '%b.' "$place")
        place=${place%.}
        [ -e "$place" ] || umount -l -- "$place" || fusermount3 -uz -- "$place"
        """;

    private readonly ShellProcess _shell = ShellProcess.Start(Script);

    /// <summary>Names the mount to watch.</summary>
    public void Watch(MountEntry mount) => _shell.WriteLine($"{mount.Id} {mount.Device}");

    /// <summary>Ends the guardian; a mount that is still there stays.</summary>
    public void Dispose()
    {
        _shell.WriteLine("end");
        _shell.Dispose();
    }
}
