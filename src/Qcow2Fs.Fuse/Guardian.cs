using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Mono.Unix.Native;

namespace Qcow2Fs.Fuse;

/// <summary>
/// Unmounts when this process dies without doing so (SIGKILL, a crash), because the kernel leaves a mount without a server where it is and
/// every use of it fails. A shell reads from a pipe that only this process can write to, so that the kernel tells it of every kind of end;
/// libfuse's auto_unmount does the same, but in 3.14 for root only.
/// </summary>
internal sealed class Guardian : IDisposable
{
    // A session of its own, so that what is sent to this process's group or terminal does not end it, too.
    private const string Detach = "setsid";

    // First it is told what to watch, at a good end anything more. Numbers are used again after an unmount, and later lines of the
    // table cover earlier ones: only what is ours, on top and dead is unmounted.
    private const string Script = """
        # unmounts if the server of the mount dies
        trap '' HUP INT QUIT TERM
        exec >/dev/null 2>&1
        read -r id device || exit 0
        read -r end && exit 0
        while read -r i parent d root at rest; do
          if [ "$i $d" = "$id $device" ]; then place=$at; elif [ "$at" = "$place" ]; then place=; fi
        done </proc/self/mountinfo
        [ "$place" ] || exit 0
        place=$(printf '%b.' "$place")
        place=${place%.}
        [ -e "$place" ] || umount -l -- "$place" || fusermount3 -uz -- "$place"
        """;

    private readonly Stream _pipe;

    private Guardian(Stream pipe) => _pipe = pipe;

    /// <summary>Starts a guardian that has nothing to watch yet.</summary>
    /// <exception cref="FuseException">A program that it needs is missing.</exception>
    public static Guardian Start()
    {
        string program = MountHelper.Find(Detach)
            ?? throw new FuseException(FuseError.HelperMissing, Errno.ENOENT, $"{Detach} is not installed; it is in the package util-linux.");
        var start = new ProcessStartInfo(program, ["/bin/sh", "-c", Script]) { RedirectStandardInput = true, WorkingDirectory = "/" };
        try
        {
            using Process shell = Process.Start(start)!;
            return new Guardian(shell.StandardInput.BaseStream);
        }
        catch (Win32Exception e)
        {
            throw new FuseException(FuseError.HelperMissing, (Errno)e.NativeErrorCode, $"Cannot run {program}: {e.Message}.");
        }
    }

    /// <summary>Names the mount to watch.</summary>
    public void Watch(MountEntry mount) => Say($"{mount.Id} {mount.Device}");

    /// <summary>Ends the guardian; a mount that is still there stays.</summary>
    public void Dispose()
    {
        Say("end");
        _pipe.Dispose();
    }

    private void Say(string line)
    {
        try
        {
            _pipe.Write(Encoding.ASCII.GetBytes(line + '\n'));
        }
        catch (IOException)
        {
            // Somebody has killed it; the mount goes on without.
        }
    }
}
