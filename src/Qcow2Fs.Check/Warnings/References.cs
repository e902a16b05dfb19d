namespace Qcow2Fs.Check;

/// <summary>Other files that an image makes QEMU open. The names are reported, never followed.</summary>
internal static class References
{
    // Drivers that carry bytes and know no format. QEMU took them for one until it wrote raw in their place.
    private static readonly string[] s_protocols =
    [
        "blkdebug", "blklogwrites", "blkreplay", "blkverify", "file", "ftp", "ftps", "gluster", "host_cdrom", "host_device", "http",
        "https", "io_uring", "iscsi", "nbd", "nfs", "null-aio", "null-co", "nvme", "nvme-io_uring", "rbd", "ssh", "vvfat",
    ];

    public static IEnumerable<Finding> Find(OpenState s)
    {
        if (s.Header.HasBackingFile && Text(s.Header.BackingFileName) is { Length: > 0 } backing)
        {
            yield return new("backing-file", Severity.Reference, new BackingFile(),
                $"QEMU opens the backing file '{backing}'{Kind(backing)}");
            if (s.LastData(ExtensionMagic.BackingFormat) is not { } bytes || Text(bytes) is not { Length: > 0 } format)
            {
                yield return new("backing-format-missing", Severity.Warning, new BackingFile(),
                    "the image does not name the backing file's format, so QEMU guesses it from what the guest may have written there",
                    new Remedy.Write(new HeaderExtension(ExtensionMagic.BackingFormat), "FORMAT"));
            }
            else if (s_protocols.Contains(format) && DataRules.IsDriver(format, s.Qemu))
            {
                yield return new("backing-format-protocol", Severity.Warning, new BackingFormat(),
                    $"'{format}' is a protocol and not a format; QEMU then takes what it carries as raw",
                    new Remedy.Write(new BackingFormat(), "raw"));
            }

            if (s.Path is { } path && BackingName.Resolve(path, backing) == BackingName.Normalize(path))
            {
                yield return new("loop", Severity.Error, new BackingFile(),
                    "the image is its own backing file: QEMU never finishes opening it");
            }
        }

        // The last release of each series looks for no prefix in this name (CVE-2024-4467: 7.2.13, 8.2.6, 9.0.2).
        if (s.HasDataFile && s.LastData(ExtensionMagic.DataFile) is { } data && Text(data) is { Length: > 0 } file)
        {
            yield return new("data-file", Severity.Reference, new DataFile(),
                $"QEMU opens the data file '{file}', relative to the directory it is started in");
        }
    }

    private static string Kind(string name) =>
        name.StartsWith(BackingName.JsonPrefix, StringComparison.Ordinal) ? ", a json: description that can name any driver and file"
        : BackingName.ProtocolOf(name) is { } protocol ? $", by the protocol '{protocol}'" : "";
}
