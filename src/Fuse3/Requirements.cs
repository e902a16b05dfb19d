using Fuse3.Native;
using Mono.Unix.Native;
using Posix;

namespace Fuse3;

/// <summary>What must be installed, and why a mount failed.</summary>
internal static class Requirements
{
    private const string Device = "/dev/fuse";

    /// <summary>The first thing that is missing, or null.</summary>
    public static FuseException? FindMissing()
    {
        if (!LibFuse.IsAvailable)
        {
            return new(FuseError.LibraryMissing, Errno.ENOENT, $"libfuse3 is not installed. {Fuse.InstallationHint}");
        }

        if (!File.Exists(Device))
        {
            return new(FuseError.DeviceMissing, Errno.ENOENT,
                $"{Device} does not exist: load the kernel module (modprobe fuse) or let the container use the device.");
        }

        return null;
    }

    /// <summary>As <see cref="FindMissing"/>, and for users other than root the helper that mounts for them.</summary>
    public static FuseException? FindMissingForUser()
        => FindMissing() ?? (LibC.geteuid() == 0 || MountHelper.Find() is not null
            ? null
            : new(FuseError.HelperMissing, Errno.ENOENT, $"fusermount3 is not installed. {Fuse.InstallationHint}"));

    /// <summary>Explains a failed fuse_mount.</summary>
    /// <param name="error">Perhaps the reason: libfuse does not promise to keep errno.</param>
    /// <param name="words">What libfuse said.</param>
    /// <param name="mountPoint">The mount point.</param>
    public static FuseException Explain(Errno error, string words, string mountPoint)
    {
        if (FindMissingForUser() is { } missing)
        {
            return missing;
        }

        var denied = error is Errno.EPERM or Errno.EACCES
            || words.Contains("not permitted", StringComparison.Ordinal) || words.Contains("Permission denied", StringComparison.Ordinal);
        var reason = words.Length > 0 ? words : error.ToString();
        return denied
            ? new(FuseError.PermissionDenied, error, $"No permission to mount on {mountPoint}: {reason}")
            : new(FuseError.MountFailed, error, $"Cannot mount on {mountPoint}: {reason}");
    }
}
