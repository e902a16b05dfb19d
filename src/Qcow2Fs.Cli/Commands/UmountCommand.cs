using Qcow2Fs.Cli.Mount;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Ends a mount of this program, live or dead.</summary>
internal static class UmountCommand
{
    private const string Mounts = "/proc/self/mountinfo";

    public static void Define(Command command)
    {
        var mountPoint = command.AddArgument("MOUNTPOINT", "Where an image is mounted; its process may be gone.");
        command.SetAction(parsed => Run(parsed.GetRequiredValue(mountPoint)));
    }

    private static int Run(string mountPoint)
    {
        var path = Fuse.ResolveMountPoint(Arguments.RequireNotEmpty(mountPoint, "MOUNTPOINT"));
        if (!File.Exists(Mounts))
        {
            throw new CommandFailure(
                $"there is no {Mounts}, so that no mount can be found; use: umount {ShellWord.OfPath(PathText.Encode(path))}");
        }

        if (Fuse.TypeMountedAt(path) != $"fuse.{MountOptionParser.Subtype}")
        {
            throw new CommandFailure($"nothing of {CommandLine.Program} is mounted on {mountPoint}");
        }

        try
        {
            Fuse.Unmount(path);
            return ExitCode.Done;
        }
        catch (FuseException e) when (e.Errno == Errno.EBUSY)
        {
            var users = OpenFiles.UsersOf(path).ToList();
            throw new CommandFailure($"{mountPoint} is busy" + (users.Count == 0 ? "" : $": in use by {string.Join(", ", users)}"));
        }
    }
}
