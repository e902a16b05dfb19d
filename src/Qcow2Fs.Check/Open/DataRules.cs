namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of what an image needs besides itself (qcow2_open): data file, key, backing file.</summary>
internal static class DataRules
{
    // The drivers that qemu-img of Debian can have, loadable ones with them.
    private static readonly ImmutableArray<(string Name, QemuChange? Since, QemuChange? Until)> s_drivers =
    [
        .. new[]
        {
            "blkdebug", "blklogwrites", "blkverify", "bochs", "cloop", "compress", "copy-on-read", "dmg", "file", "ftp", "ftps",
            "host_cdrom", "host_device", "http", "https", "iscsi", "iser", "luks", "nbd", "nfs", "null-aio", "null-co", "nvme",
            "parallels", "preallocate", "qcow", "qcow2", "qed", "quorum", "raw", "rbd", "replication", "snapshot-access", "ssh",
            "throttle", "vdi", "vhdx", "vmdk", "vpc", "vvfat",
        }.Select(name => (name, (QemuChange?)null, (QemuChange?)null)),
        ("io_uring", QemuChange.Blkio, null), ("nvme-io_uring", QemuChange.Blkio, null),
        ("gluster", null, QemuChange.Gluster),
    ];

    public static Refusal? DataFile(OpenState s)
    {
        var isRaw = Of(FeatureGroup.Autoclear, 1);
        return (s.HasDataFile, s.LastData(ExtensionMagic.DataFile)) switch
        {
            (true, null) => new(Of(FeatureGroup.Incompatible, 2), "'data-file' is required for this image",
                new Remedy.Write(new HeaderExtension(ExtensionMagic.DataFile), "NAME"), "missing"),
            (true, [] or [0, ..]) => new(new DataFile(), "The 'file' block driver requires a file name", null, "unnamed"),
            (false, _) when (s.Autoclear & 2) != 0 => new(isRaw, "data-file-raw requires a data file", new Remedy.Remove(isRaw), "raw"),
            _ => null,
        };
    }

    public static Refusal? CryptoHeaderMissing(OpenState s) =>
        IsCryptoHeaderMissing(s) ? new(Of(HeaderFields.CryptMethod), "Missing CRYPTO header for crypt method 2") : null;

    // Nothing notices before qemu-img asks the missing object for its sector size.
    public static Refusal? InfoCrashes(OpenState s) => IsCryptoHeaderMissing(s)
        ? new(Of(HeaderFields.CryptMethod), CheckReport.CrashMark + "signal 11: crypt_method is 2 and there is no crypto header") : null;

    public static Refusal? BackingFormatUnknown(OpenState s)
    {
        var format = s.LastData(ExtensionMagic.BackingFormat);
        return s.Header.HasBackingFile && !CString.Of(s.Header.BackingFileName).IsEmpty
            && format is not null && Text(format) is { Length: > 0 } name && !IsDriver(name, s.Qemu)
                ? new(new BackingFormat(), $"Could not open backing file: Unknown driver '{name}'",
                    new Remedy.Write(new BackingFormat(), "FORMAT"))
                : null;
    }

    /// <summary>The drivers of any series.</summary>
    public static IEnumerable<string> DriverNames => s_drivers.Select(driver => driver.Name);

    /// <summary>Whether that series has a driver of that name.</summary>
    public static bool IsDriver(string name, QemuVersion qemu) =>
        s_drivers.Any(driver => driver.Name == name && QemuChange.IsIn(qemu, driver.Since, driver.Until));

    private static bool IsCryptoHeaderMissing(OpenState s) => s.IsLuks && s.Header.LastIndexOf(ExtensionMagic.CryptoHeader) < 0;
}
