using Qcow2Fs.Cli.Mount;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Mounts an image's header.</summary>
internal static class MountCommand
{
    public static void Define(Command command)
    {
        var foreground = command.AddFlag("-f", "Stay in the foreground.");
        var options = command.AddOption<string[]>("-o", "OPTS", "ro, allow_other, force, and what mount(8) knows for all.");
        var inBackground = command.AddFlag(Background.ChildOption, "");
        inBackground.Hidden = true;
        var source = command.AddArgument("SOURCE", "A qcow2 image (a file or a block device), or a folder of images.");
        var mountPoint = command.AddArgument("MOUNTPOINT", "An existing directory.");
        command.SetAction(parsed =>
        {
            var image = Arguments.RequireNotEmpty(parsed.GetRequiredValue(source), "SOURCE");
            var parsedOptions = MountOptionParser.Parse(Path.GetFullPath(AbsolutePath.Of(image)), parsed.GetValue(options) ?? []);
            if (!parsed.GetValue(foreground) && parsed.Tokens.FirstOrDefault(token => !PathText.IsUtf8(token.Value)) is { } odd)
            {
                throw new CommandFailure($"{odd.Value}: not UTF-8, which only a mount in the foreground (-f) can take");
            }

            return parsed.GetValue(inBackground) || parsed.GetValue(foreground)
                ? Serve(image, parsed.GetRequiredValue(mountPoint), parsedOptions, parsed.GetValue(inBackground))
                : Background.Start(parsed.Tokens.Select(t => t.Value));
        });
    }

    private static int Serve(string image, string mountPoint, MountOptionParser options, bool inBackground)
    {
        OpenFiles.KeepFromChildren();
        using var server = Start(image, Arguments.RequireNotEmpty(mountPoint, "MOUNTPOINT"), options);
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

    private static MountServer Start(string image, string mountPoint, MountOptionParser options)
    {
        try
        {
            return MountServer.Start(image, mountPoint, options);
        }
        catch (ImageException e)
        {
            throw new CommandFailure($"{image}: {e.Message.TrimEnd('.')}");
        }
    }
}
