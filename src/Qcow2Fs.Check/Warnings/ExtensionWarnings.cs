namespace Qcow2Fs.Check;

/// <summary>Warnings of header extensions (specification, "Header extensions").</summary>
internal static class ExtensionWarnings
{
    private const string Unused = "Some clusters may be leaked, run 'qemu-img check -r' on the image file to fix.";

    // The specification allows each once; QEMU obeys the last one.
    public static IEnumerable<Finding> Duplicates(OpenState s)
    {
        var seen = new Dictionary<uint, int>();
        foreach (var magic in s.Header.Extensions.Items.Select(item => item.Magic))
        {
            seen[magic] = seen.GetValueOrDefault(magic) + 1;
            if (seen[magic] > 1)
            {
                var subject = new HeaderExtension(magic, seen[magic]);
                yield return new("extension-duplicate", Severity.Warning, subject, "an extension must not occur twice",
                    new Remedy.Remove(subject));
            }
        }
    }

    // QEMU's own sentences (qcow2_read_extensions).
    public static IEnumerable<Finding> DroppedBitmaps(OpenState s) =>
        (s.Autoclear & 1) == 0 && s.Header.LastIndexOf(ExtensionMagic.Bitmaps) is >= 0 and var index
            ? [new("bitmaps-dropped", Severity.Warning, OfExtension(s.Header, index), (s.IsVersion3
                ? "a program lacking bitmap support modified this file, so all bitmaps are now considered inconsistent. "
                : "This qcow2 v2 image contains bitmaps, but they may have been modified by a program without persistent bitmap support; "
                    + "so now they must all be considered inconsistent. ") + Unused, Remedy.RepairImage)]
            : [];

    // QEMU, qcow2_update_header.
    public static IEnumerable<Finding> IgnoredDataFile(OpenState s) => !s.HasDataFile && s.Header.LastIndexOf(ExtensionMagic.DataFile) >= 0
        ? [new("data-file-ignored", Severity.Warning, new DataFile(),
            "incompatible bit 2 is clear, so QEMU ignores the data file's name and drops it when it writes the header",
            new Remedy.Create(Of(FeatureGroup.Incompatible, 2)))]
        : [];

    // QEMU keeps these names as C strings.
    public static IEnumerable<Finding> CutNames(OpenState s)
    {
        (byte[]? Name, Subject Subject)[] names =
        [
            (s.Header.BackingFileName.ToArray(), new BackingFile()),
            (s.LastData(ExtensionMagic.BackingFormat), new BackingFormat()),
            (s.LastData(ExtensionMagic.DataFile), new DataFile()),
        ];
        return names.Where(n => n.Name?.Contains((byte)0) == true)
            .Select(n => new Finding("name-cut", Severity.Warning, n.Subject, "QEMU cuts the name at its first zero byte"));
    }

    // Specification, "Feature name table": entries of 48 bytes.
    public static IEnumerable<Finding> FeatureTable(OpenState s) =>
        s.LastData(ExtensionMagic.FeatureTable) is { } table && table.Length % FeatureNameTable.RecordSize != 0
            ? [new("feature-table-length", Severity.Warning, OfExtension(s.Header, s.Header.LastIndexOf(ExtensionMagic.FeatureTable)),
                $"the feature name table has {table.Length} bytes, not a multiple of {FeatureNameTable.RecordSize}")]
            : [];

    // A list can have 262,144 entries: the ordinals are counted on the way.
    public static IEnumerable<Finding> Unknown(OpenState s)
    {
        var seen = new Dictionary<uint, int>();
        foreach (var magic in s.Header.Extensions.Items.Select(item => item.Magic))
        {
            if (KnownExtensions.Find(magic) is null)
            {
                seen[magic] = seen.GetValueOrDefault(magic) + 1;
                var subject = new HeaderExtension(magic, seen[magic]);
                // In an upload it may hide anything: only the image's owner knows of a change that was cut short.
                yield return magic == ExtensionMagic.Skip
                    ? new("extension-unknown", Severity.Note, subject, "Qcow2Fs's own extension, which it hides: "
                        + "a change that was cut short leaves it, and the next change by Qcow2Fs removes it")
                    : new("extension-unknown", Severity.Note, subject,
                        "no QEMU up to 11.1 knows this extension; it is ignored and kept", new Remedy.Remove(subject));
            }
        }
    }
}
