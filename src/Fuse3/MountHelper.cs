using System.ComponentModel;
using System.Diagnostics;

namespace Fuse3;

/// <summary>fusermount3, the setuid program that mounts and unmounts for users other than root.</summary>
internal static class MountHelper
{
    private const string Name = "fusermount3";

    /// <summary>
    /// Finds the program in PATH, then in /bin and /usr/bin (a service may run without PATH); null when it is not installed.
    /// </summary>
    public static string? Find()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Append("/bin").Append("/usr/bin")
            .Select(directory => Path.Combine(directory, Name))
            .FirstOrDefault(program => LibC.faccessat(LibC.CurrentDirectory, NativeName.Of(program), LibC.ExecuteAccess, 0) == 0);
    }

    /// <summary>The error when the program is not installed.</summary>
    public static FuseException Missing()
        => new(FuseError.HelperMissing, Errno.ENOENT, $"{Name} is not installed. {Fuse.InstallationHint}");

    /// <summary>Runs <c>fusermount3 -u -- path</c>, lazily with <c>-uz</c>.</summary>
    /// <exception cref="FuseException">The program is missing or failed.</exception>
    public static void Unmount(string path, bool lazy)
    {
        var program = Find() ?? throw Missing();
        var start = new ProcessStartInfo(program, [lazy ? "-uz" : "-u", "--", path]) { RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var message = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                // The exit status is always 1; only the English message has the reason.
                var errno = message.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY : Errno.EPERM;
                throw new FuseException(FuseError.UnmountFailed, errno, $"Cannot unmount {path}: {message}");
            }
        }
        catch (Win32Exception e)
        {
            throw new FuseException(FuseError.HelperMissing, e.NativeErrorCode, $"Cannot run {program}: {e.Message}");
        }
    }
}
