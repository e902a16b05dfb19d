namespace Qcow2Fs.Cli.Mount;

/// <summary>What the values of <c>-o</c> ask for: options of libfuse, and whether to mount a file that is not a qcow2 image.</summary>
internal sealed record MountOptionParser(MountOptions Fuse, bool Force)
{
    public const string Subtype = "qcow2fs";

    /// <summary>Reads comma-separated options. The image's path becomes the source in the table of mounts.</summary>
    /// <exception cref="CommandFailure">An option is unknown; it is named.</exception>
    public static MountOptionParser Parse(string image, IEnumerable<string> options)
    {
        var all = options.SelectMany(o => o.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
        // First: mount(8) also passes what the mount has now, such as user_id=0.
        return all.Contains("remount")
            ? throw new CommandFailure("a mount cannot be changed with remount; unmount it and mount it again")
            : all.Aggregate(new MountOptionParser(new() { FileSystemName = image, Subtype = Subtype }, false), Add);
    }

    private static MountOptionParser Add(MountOptionParser parsed, string option) => option switch
    {
        "ro" => parsed with { Fuse = parsed.Fuse with { ReadOnly = true } },
        "rw" => parsed with { Fuse = parsed.Fuse with { ReadOnly = false } },
        "force" => parsed with { Force = true },
        "allow_other" => parsed with { Fuse = parsed.Fuse with { AllowOther = true } },
        "default_permissions" => parsed with { Fuse = parsed.Fuse with { DefaultPermissions = true } },
        "nodev" or "nosuid" or "noexec" or "noatime" => parsed with { Fuse = parsed.Fuse with { Extra = [.. parsed.Fuse.Extra, option] } },

        // mount(8) and fstab add these to any file system; here they are true anyway, or about who mounts and when.
        "defaults" or "dev" or "suid" or "exec" or "async" or "sync" or "dirsync" or "atime" or "relatime" or "norelatime"
            or "strictatime" or "nostrictatime" or "diratime" or "nodiratime" or "lazytime" or "nolazytime" or "silent" or "loud"
            or "auto" or "noauto" or "user" or "nouser" or "users" or "owner" or "group" or "nofail" or "_netdev" => parsed,
        ['x' or 'X', '-', ..] or ['c', 'o', 'm', 'm', 'e', 'n', 't', '=', ..] => parsed,
        ['u', 's', 'e', 'r', '=', ..] => parsed,
        _ => throw new CommandFailure($"there is no mount option '{option}'", ExitCode.WrongUse),
    };
}
