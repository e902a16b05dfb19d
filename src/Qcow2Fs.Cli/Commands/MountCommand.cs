using System.CommandLine;
using Qcow2Fs.Cli.Mounting;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Mounts an image's header.</summary>
internal static class MountCommand
{
    public static Command Build()
    {
        var source = new Argument<string>("SOURCE") { Description = "A qcow2 image (a file or a block device), or a folder of images." };
        var mountPoint = new Argument<string>("MOUNTPOINT") { Description = "An existing directory." };
        var foreground = new Option<bool>("-f") { Description = "Stay in the foreground." };
        var options = new Option<string[]>("-o") { Description = "ro, allow_other, force, and what mount(8) knows for all.", HelpName = "OPTS" };
        var inBackground = new Option<bool>(Background.ChildOption) { Hidden = true };
        var command = new Command("mount", "Mount an image's header as a directory; returns when it is ready.")
        {
            source, mountPoint, foreground, options, inBackground,
        };
        command.SetAction(parsed =>
        {
            var image = parsed.GetRequiredValue(source);
            var words = MountWords.Parse(Path.GetFullPath(image), parsed.GetValue(options) ?? []);
            var isChild = parsed.GetValue(inBackground);
            Descriptors.KeepFromChildren();
            if (!isChild && !parsed.GetValue(foreground))
            {
                return Background.Start(parsed.Tokens.Select(t => t.Value));
            }

            using var server = MountServer.Start(image, parsed.GetRequiredValue(mountPoint), words);
            Environment.CurrentDirectory = "/";
            if (isChild)
            {
                Background.Ready();
            }
            else
            {
                CommandLine.Say($"{image} is mounted on {server.MountPoint}");
                ServiceManager.SayReady();
            }

            server.Wait();
            return ExitCode.Done;
        });
        return command;
    }
}
