namespace Fuse3;

/// <summary>
/// A mount, known by the kernel's numbers. The path is where it was made: that and those above may have been moved, renamed or covered.
/// Nothing here but <see cref="IsDead()"/> asks the server.
/// </summary>
internal sealed record KernelMount(MountNumbers Numbers, NativeName Path)
{
    /// <summary>The topmost mount at a path; null where nothing can be opened.</summary>
    public static KernelMount? At(NativeName path)
    {
        using var opened = Open(path);
        return opened is null ? null : new(MountNumbers.Of(opened), path);
    }

    /// <summary>Whether it is still the topmost mount at its path.</summary>
    public bool IsInPlace() => At(Path)?.Numbers == Numbers;

    /// <summary>Whether its server is gone. A live server gets a getattr request.</summary>
    public bool IsDead()
    {
        using var opened = Open(Path);
        return opened is not null && IsDead(opened);
    }

    /// <summary>
    /// Detaches it wherever it is now, if its server is gone: before Linux 6.8 a live successor may have the same numbers. What another
    /// mount covers cannot be reached and stays.
    /// </summary>
    /// <exception cref="FuseException">It cannot be unmounted.</exception>
    public void DetachIfDead()
    {
        if (!TryDetach(Path))
        {
            var (id, device) = ($"{Numbers.Id}", $"{Numbers.DeviceMajor}:{Numbers.DeviceMinor}");
            foreach (var moved in MountTable.Read().Where(entry => entry.Id == id && entry.Device == device))
            {
                _ = TryDetach(NativeName.Of(moved.MountPoint));
            }
        }
    }

    private static SafeFileHandle? Open(NativeName path) =>
        LibC.openat(LibC.CurrentDirectory, path, OpenMode.Anything, 0) is >= 0 and var number ? new(number, ownsHandle: true) : null;

    // Requests that wait while the connection ends are ECONNABORTED.
    private static bool IsDead(SafeFileHandle mount) =>
        LibC.statx((int)mount.DangerousGetHandle(), default, LibC.EmptyPath | LibC.AskServer, LibC.StatxBuffer.Wanted, out _) < 0
            && LibC.LastError is Errno.ENOTCONN or Errno.ECONNABORTED;

    private bool TryDetach(NativeName path)
    {
        using var mount = Open(path);
        if (mount is null || MountNumbers.Of(mount) != Numbers || !IsDead(mount))
        {
            return false;
        }

        // By descriptor it is this mount, also if another one has come to the path by now.
        var self = NativeName.Of($"/proc/self/fd/{mount.DangerousGetHandle()}");
        if (LibC.umount2(self, LibC.DetachMount) != 0 && LibC.umount2(path, LibC.DetachMount | LibC.UnmountNoFollow) != 0)
        {
            mount.Dispose();
            MountHelper.Unmount(path, lazy: true);
        }

        return true;
    }
}

/// <summary>
/// What identifies a mount: its number in the table of mounts, the number that is never used again (from Linux 6.8 on; else 0), and the
/// device number of the file system.
/// </summary>
internal readonly record struct MountNumbers(ulong Id, ulong UniqueId, uint DeviceMajor, uint DeviceMinor)
{
    /// <summary>The numbers of the mount in which a file was opened.</summary>
    public static MountNumbers Of(SafeFileHandle file)
    {
        var status = Query(file, LibC.StatxBuffer.MountIdWanted);
        var unique = Query(file, LibC.StatxBuffer.UniqueMountIdWanted);
        var id = (status.Mask & LibC.StatxBuffer.MountIdWanted) != 0 ? status.MountId : IdByProc(file);
        var uniqueId = (unique.Mask & LibC.StatxBuffer.UniqueMountIdWanted) != 0 ? unique.MountId : 0;
        return new(id, uniqueId, status.DeviceMajor, status.DeviceMinor);
    }

    /// <summary>The number in the table as proc(5) shows it, for Linux before 5.8.</summary>
    internal static ulong IdByProc(SafeFileHandle file)
    {
        const string Key = "mnt_id:";
        var line = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}").First(l => l.StartsWith(Key, StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(Key.Length), CultureInfo.InvariantCulture);
    }

    private static LibC.StatxBuffer Query(SafeFileHandle file, uint mask)
    {
        _ = LibC.statx((int)file.DangerousGetHandle(), default, LibC.EmptyPath | LibC.AskNobody, mask, out var status);
        return status;
    }
}
