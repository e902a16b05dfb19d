namespace Qcow2Fs.Cli.Mount;

/// <summary>What the words of <c>-o</c> ask for.</summary>
/// <param name="Fuse">What goes to libfuse.</param>
/// <param name="Force">Mount what is no qcow2 image.</param>
internal sealed record MountOptionParser(MountOptions Fuse, bool Force)
{
    public const string Subtype = "qcow2fs";

    /// <summary>Reads the options.</summary>
    /// <param name="image">The image's path, the source in the table of mounts.</param>
    /// <param name="options">The values of each <c>-o</c>, comma-separated.</param>
    /// <exception cref="CommandFailure">An option is unknown; it is named.</exception>
    public static MountOptionParser Parse(string image, IEnumerable<string> options)
    {
        var all = options.SelectMany(o => o.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
        // First: mount(8) also passes what the mount has now, such as user_id=0.
        return all.Contains("remount")
            ? throw new CommandFailure("a mount cannot be changed with remount; unmount it and mount it again")
            : all.Aggregate(new MountOptionParser(new() { FileSystemName = image, Subtype = Subtype }, false), Add);
    }

    private static MountOptionParser Add(MountOptionParser words, string option) => option switch
    {
        "ro" => words with { Fuse = words.Fuse with { ReadOnly = true } },
        "rw" => words with { Fuse = words.Fuse with { ReadOnly = false } },
        "force" => words with { Force = true },
        "allow_other" => words with { Fuse = words.Fuse with { AllowOther = true } },
        "default_permissions" => words with { Fuse = words.Fuse with { DefaultPermissions = true } },
        "nodev" or "nosuid" or "noexec" or "noatime" => words with { Fuse = words.Fuse with { Extra = [.. words.Fuse.Extra, option] } },

        // mount(8) and fstab add these to any file system; here they are true anyway, or about who mounts and when.
        "defaults" or "dev" or "suid" or "exec" or "async" or "sync" or "dirsync" or "atime" or "relatime" or "norelatime"
            or "strictatime" or "nostrictatime" or "diratime" or "nodiratime" or "lazytime" or "nolazytime" or "silent" or "loud"
            or "auto" or "noauto" or "user" or "nouser" or "users" or "owner" or "group" or "nofail" or "_netdev" => words,
        ['x' or 'X', '-', ..] or ['c', 'o', 'm', 'm', 'e', 'n', 't', '=', ..] => words,
        ['u', 's', 'e', 'r', '=', ..] => words,
        _ => throw new CommandFailure($"there is no mount option '{option}'", ExitCode.WrongUse),
    };
}
