using System.ComponentModel;
using System.Diagnostics;
using Mono.Unix.Native;
using Posix;

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

    /// <summary>Runs <c>fusermount3 -u -- path</c>, lazily with <c>-uz</c>.</summary>
    /// <exception cref="FuseException">The program is missing or refused.</exception>
    public static void Unmount(string path, bool lazy)
    {
        var program = Find()
            ?? throw new FuseException(FuseError.HelperMissing, Errno.ENOENT, $"{Name} is not installed. {Fuse.InstallationHint}");
        var start = new ProcessStartInfo(program, [lazy ? "-uz" : "-u", "--", path]) { RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var message = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                // It says why only in words, and in English only.
                throw new FuseException(
                    FuseError.UnmountFailed,
                    message.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY : Errno.EPERM,
                    $"Cannot unmount {path}: {message}");
            }
        }
        catch (Win32Exception e)
        {
            throw new FuseException(FuseError.HelperMissing, (Errno)e.NativeErrorCode, $"Cannot run {program}: {e.Message}");
        }
    }
}
