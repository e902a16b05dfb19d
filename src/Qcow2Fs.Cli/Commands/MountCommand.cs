using System.CommandLine;
using Qcow2Fs.Cli.Mount;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Mounts an image's header.</summary>
internal static class MountCommand
{
    public static Command Build(string name)
    {
        var source = new Argument<string>("SOURCE") { Description = "A qcow2 image (a file or a block device), or a folder of images." };
        var mountPoint = new Argument<string>("MOUNTPOINT") { Description = "An existing directory." };
        var foreground = new Option<bool>("-f") { Description = "Stay in the foreground." };
        var options = new Option<string[]>("-o") { Description = "ro, allow_other, force, and what mount(8) knows for all.", HelpName = "OPTS" };
        var inBackground = new Option<bool>(Background.ChildOption) { Hidden = true };
        var command = new Command(name, "Mount an image's header as a directory; returns when it is ready.")
        {
            source, mountPoint, foreground, options, inBackground,
        };
        command.SetAction(parsed =>
        {
            var image = Arguments.RequireNotEmpty(parsed.GetRequiredValue(source), "SOURCE");
            var words = MountOptionParser.Parse(Path.GetFullPath(image), parsed.GetValue(options) ?? []);
            return parsed.GetValue(inBackground) || parsed.GetValue(foreground)
                ? Serve(image, parsed.GetRequiredValue(mountPoint), words, parsed.GetValue(inBackground))
                : Background.Start(parsed.Tokens.Select(t => t.Value));
        });
        return command;
    }

    public static int? RunPlain(string[] words) => words switch
    {
        [var source, var mountPoint] => Background.Start(["mount", source, mountPoint]),
        [Background.ChildOption, var source, var mountPoint] =>
            Serve(source, mountPoint, MountOptionParser.Parse(Path.GetFullPath(Arguments.RequireNotEmpty(source, "SOURCE")), []), inBackground: true),
        _ => null,
    };

    private static int Serve(string image, string mountPoint, MountOptionParser words, bool inBackground)
    {
        Descriptors.KeepFromChildren();
        using var server = MountServer.Start(image, Arguments.RequireNotEmpty(mountPoint, "MOUNTPOINT"), words);
        Environment.CurrentDirectory = "/";
        if (inBackground)
        {
            Background.Ready();
        }
        else
        {
            CommandLine.WriteError($"{image} is mounted on {server.MountPoint}");
            ServiceManager.NotifyReady();
        }

        server.Wait();
        return ExitCode.Done;
    }
}
