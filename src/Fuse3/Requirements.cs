namespace Fuse3;

/// <summary>What must be installed for a mount, and the reason when a mount failed.</summary>
internal static class Requirements
{
    private const string Device = "/dev/fuse";

    /// <summary>The first thing that is missing, or null.</summary>
    public static FuseException? FindMissing()
        => !LibFuse.IsAvailable ? new(FuseError.LibraryMissing, Errno.ENOENT, $"libfuse3 is not installed. {Fuse.InstallationHint}")
        : File.Exists(Device) ? null
        : new(FuseError.DeviceMissing, Errno.ENOENT,
            $"{Device} does not exist: load the kernel module (modprobe fuse) or let the container use the device.");

    /// <summary>As <see cref="FindMissing"/>, and for users other than root the helper that mounts for them.</summary>
    public static FuseException? FindMissingForUser()
        => FindMissing() ?? (LibC.geteuid() == 0 || MountHelper.Find() is not null ? null : MountHelper.Missing());

    /// <summary>Explains a failed fuse_mount, with its log. The error number is a hint: libfuse does not promise to keep errno.</summary>
    public static FuseException Explain(int error, string log, string mountPoint)
    {
        if (FindMissingForUser() is { } missing)
        {
            return missing;
        }

        var denied = error is Errno.EPERM or Errno.EACCES
            || log.Contains("not permitted", StringComparison.Ordinal) || log.Contains("Permission denied", StringComparison.Ordinal);
        var reason = log.Length > 0 ? log : Marshal.GetPInvokeErrorMessage(error);
        return denied
            ? new(FuseError.PermissionDenied, error, $"No permission to mount on {mountPoint}: {reason}")
            : new(FuseError.MountFailed, error, $"Cannot mount on {mountPoint}: {reason}");
    }
}
