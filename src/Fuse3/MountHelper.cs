namespace Fuse3;

/// <summary>fusermount3, the setuid program that mounts and unmounts for users other than root.</summary>
internal static class MountHelper
{
    private const string Name = "fusermount3";

    /// <summary>Its path: from PATH, then where it usually is (a service may run without PATH); null when it is not installed.</summary>
    public static string? Find()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        string[] usual = ["/usr/bin", "/bin", "/usr/local/bin"];
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(usual)
            .Select(directory => Path.Combine(directory, Name))
            .FirstOrDefault(program => LibC.faccessat(LibC.CurrentDirectory, NativeName.Of(program), LibC.ExecuteAccess, 0) == 0);
    }

    /// <summary>The error when the program is not installed.</summary>
    public static FuseException Missing()
        => new(FuseError.HelperMissing, Errno.ENOENT, $"{Name} is not installed. {Fuse.InstallationHint}");

    /// <summary>Runs <c>fusermount3 -u -- path</c>, lazily with <c>-uz</c>.</summary>
    /// <exception cref="FuseException">The program is missing or failed.</exception>
    public static void Unmount(NativeName path, bool lazy)
    {
        var program = Find() ?? throw Missing();
        NativeName[] arguments = [NativeName.Of(Name), NativeName.Of(lazy ? "-uz" : "-u"), NativeName.Of("--"), path];
        if (ChildProcess.Start(program, arguments, [NativeName.Of("LC_ALL=C")], channelNumber: 2, out var process) is not 0 and var error)
        {
            throw FuseException.FromErrno(FuseError.HelperMissing, error, $"Cannot run {program}");
        }

        using (process)
        {
            var message = Encoding.UTF8.GetString(process.ReadToEnd()).Trim();
            if (process.Wait() != 0)
            {
                // The exit status is always 1; only the English message has the reason.
                var errno = message.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY : Errno.EPERM;
                throw new FuseException(FuseError.UnmountFailed, errno, $"Cannot unmount {Encoding.UTF8.GetString(path.Bytes)}: {message}");
            }
        }
    }
}
