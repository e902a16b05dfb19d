namespace Qcow2Fs.Check;

/// <summary>A rule that images are checked by. The id is stable: scripts and reports name it.</summary>
/// <param name="Id">Lower case letters, digits and hyphens.</param>
/// <param name="Severity">The severity of its findings, as text: a rule can have two.</param>
/// <param name="Meaning">What is wrong, a sentence without a trailing period.</param>
/// <param name="Advice">What to do, a sentence without a trailing period.</param>
public sealed record Rule(string Id, string Severity, string Meaning, string Advice);

/// <summary>Rules about one part of an image.</summary>
/// <param name="Title">A heading.</param>
/// <param name="Source">Where the rules come from.</param>
/// <param name="Rules">The rules.</param>
public sealed record RuleGroup(string Title, string Source, ImmutableArray<Rule> Rules);

/// <summary>All rules: docs/checks.md and <c>check --explain</c> come from this table. A test knows that each finding is in it.</summary>
public static class RuleTable
{
    private const string Error = "error";
    private const string Warning = "warning";
    private const string Note = "note";

    private const string Restore = "Restore the header from a backup, or write the right value if you know it";
    private const string Repair = "Let qemu-img check -r all repair the image";
    private const string DropBitmaps = "Remove the bitmaps extension: backups start with a full one again";
    private const string DropExtension = "Remove the extension";
    private const string DropBit = "Remove the bit";
    private const string Untrusted = "Ask where the image comes from. With --untrusted it counts";
    private const string Luks = "Restore the LUKS header from a backup: without it the data are lost";
    private const string Convert = "If you trust the file, convert it with qemu-img convert, naming its format with -f. "
        + "Of a stranger's file, qemu-img may copy other files of this machine into the result";
    private const string ConvertRaw = "It is a disk without a format: use it as raw, or convert it with qemu-img convert -f raw";
    private const string Unpack = "It is no disk image: unpack it, or copy the image again";

    /// <summary>The table.</summary>
    public static readonly ImmutableArray<RuleGroup> Groups =
    [
        new("Files of another format", "the marks of the formats' own specifications", [.. OtherFormats()]),
        new("Files that are also of another format", "the marks of the formats' own specifications", [.. PolyglotRules()]),
        new("Header", "QEMU, qcow2_open; specification, \"Header\"",
        [
            new("magic", Error, "The first four bytes are not qcow2's, but all else looks like a header of qcow2",
                "Write the magic again, with --force"),
            new("version", Error, "The version is neither 2 nor 3", Restore),
            new("cluster-bits", Error, "cluster_bits is not 9 to 21", Restore),
            new("header-too-short", Error, "header_length is below 104", "Write 112 to header_length if the extensions start there"),
            new("header-too-long", Error, "header_length is above the cluster size",
                "Write 112 to header_length if the extensions start there"),
            new("header-length-unaligned", Warning, "header_length is not a multiple of 8",
                "Write the next multiple of 8 to header_length"),
            new("header-padding", Warning, "Bytes that must be zero are not", Untrusted),
            new("header-unknown-bytes", Note, "The header has bytes that no known QEMU reads, and not all are zero", Untrusted),
            new("header-write", "error-rw", "QEMU writes the header when it opens the image, and the first cluster has no room for it",
                "Remove extensions, or shorten the backing file's name"),
            new("header-rewrite", Warning, "The first cluster has no room for the header that QEMU would write",
                "Remove extensions, or shorten the backing file's name"),
            new("compression-unknown", Error, "compression_type is neither 0 (zlib) nor 1 (zstd)", Restore),
            new("compression-bit-set", Error, "The compression bit is set, but the type is zlib", DropBit),
            new("compression-bit-clear", Error, "The type is zstd, but the compression bit is clear", "Create the bit"),
            new("unknown-features", Error, "An incompatible bit is set that QEMU does not know",
                "Use a newer QEMU. If the bit is a mistake, remove it and repair the image"),
            new("autoclear-unknown", Warning, "A reserved autoclear bit is set; QEMU clears it", DropBit),
            new("compatible-unknown", Warning, "A reserved compatible bit is set; QEMU ignores it", DropBit),
            new("corrupt", "error-rw", "QEMU has marked the image as corrupt", Repair),
            new("dirty", Warning, "The image was not closed, and refcounts may be wrong", Repair),
            new("repair", "error-rw", "The image is dirty, and the first cluster has no room for the header that the repair writes",
                "Remove extensions, or shorten the backing file's name"),
            new("subcluster-size", Error, "Extended L2 entries want clusters of 16 KiB at least", Restore),
            new("refcount-order", Error, "refcount_order is above 6", "Write 4 to refcount_order, QEMU's default"),
            new("crypt-method", Error, "crypt_method is not 0, 1 or 2", Restore),
            new("backing-offset", Error, "The backing file's name starts past the first cluster",
                "Remove backing_file, and name it again"),
            new("backing-name", Error, "The backing file's name is too long", "Remove backing_file, and name it again"),
            new("backing-name-in-header", Warning, "The backing file's name lies inside the header, so no extension is read",
                "Name the backing file again"),
            new("no-end-marker", Warning, "The extensions end without an end marker", "Name the backing file again"),
            new("size-rounded", Warning, "The disk's size is not a multiple of 512", "Write the next multiple of 512 to size"),
            new("unreadable", Error, "A part of the image cannot be read", "Copy what can be read from the failing disk"),
        ]),
        new("Tables", "QEMU, qcow2_open and qcow2_validate_table",
        [
            new("no-refcount-table", Error, "The refcount table has no clusters", Repair),
            new("refcount-table-size", Error, "The refcount table is larger than 8 MiB", Restore),
            new("refcount-table-offset", Error, "The refcount table's offset is not that of a cluster", Restore),
            new("refcounts-unreadable", Error, "The refcount table lies past the largest file offset", Restore),
            new("snapshot-table-size", Error, "There are more than 65536 snapshots", Repair),
            new("snapshot-table-offset", Error, "The snapshot table's offset is not that of a cluster", Repair),
            new("l1-table-size", Error, "The L1 table is larger than 32 MiB", Restore),
            new("l1-table-offset", Error, "The L1 table's offset is not that of a cluster", Restore),
            new("l1-too-small", Error, "The L1 table has fewer entries than the disk's size needs",
                "Write the right size, or the right l1_size"),
            new("l1-unreadable", Error, "The L1 table lies past the largest file offset", Restore),
            new("too-big", Error, "The disk's size needs an L1 table of more than 2^31 entries", "Write the right size"),
            new("sector-count", Error, "The disk's size is above the largest file offset", "Write the right size"),
            new("table-overlaps-header", Warning, "A table starts in the first cluster", Restore),
            new("table-behind-end", Warning, "A table lies past the end of the file, or is cut by it, and QEMU reads zeros there",
                "The file was cut off: copy it again"),
        ]),
        new("Extensions", "QEMU, qcow2_read_extensions; specification, \"Header extensions\"",
        [
            new("extension-area", Error, "An extension is longer than the room that is left", "Remove extensions/malformed"),
            new("extension-backing-format", Error, "The backing format is longer than 15 bytes", DropExtension),
            new("extension-bitmaps-length", Error, "The bitmaps extension does not have 24 bytes", DropBitmaps),
            new("extension-bitmaps-reserved", Error, "The bitmaps extension's reserved field is not 0", DropBitmaps),
            new("extension-bitmaps-many", Error, "The bitmaps extension counts more than 65535 bitmaps", DropBitmaps),
            new("extension-bitmaps-none", Error, "The bitmaps extension counts no bitmap", DropBitmaps),
            new("extension-bitmaps-offset", Error, "The bitmap directory's offset is not that of a cluster", DropBitmaps),
            new("extension-bitmaps-size", Error, "The bitmap directory is larger than QEMU's limit", DropBitmaps),
            new("extension-crypto-unexpected", Error, "There is a crypto header, but the image is not encrypted with LUKS", DropExtension),
            new("extension-crypto-length", Error, "The crypto header extension does not have 16 bytes", Luks),
            new("extension-crypto-offset", Error, "The LUKS header's offset is not that of a cluster", Luks),
            new("extension-duplicate", Warning, "An extension occurs twice; QEMU obeys the last one", DropExtension),
            new("extension-unknown", Note, "No known QEMU has this extension", Untrusted),
            new("feature-table-length", Warning, "The feature name table is not a multiple of 48 bytes", DropExtension),
            new("bitmaps-bit-alone", Warning, "The bitmaps bit is set, but there is no bitmaps extension", DropBit),
            new("bitmaps-dropped", Warning, "There is a bitmaps extension, but its autoclear bit is clear, so QEMU drops the bitmaps",
                Repair),
            new("data-file-ignored", Warning, "A data file is named, but its incompatible bit is clear, so QEMU drops the name",
                "Create the bit if the image's data are in that file"),
            new("name-cut", Warning, "A name has a zero byte, where QEMU cuts it", "Write the name again"),
        ]),
        new("Encryption", "QEMU, qcrypto_block_luks_open; \"LUKS On-Disk Format Specification\" 1.2",
        [
            new("encrypted", Note, "The guest's data are encrypted, so nobody without the key can judge them", Untrusted),
            new("aes-unsupported", Warning, "No system emulator opens images with AES encryption any more",
                "Convert the image with qemu-img convert, which still reads it"),
            new("crypto-header-missing", Error, "The image is encrypted with LUKS and has no crypto header", Luks),
            new("info-crash", Error, "qemu-img info up to 9.1 crashes, because the crypto header is missing", Luks),
            .. LuksRuleRows(),
        ]),
        new("Snapshots", "QEMU, qcow2_read_snapshots; specification, \"Snapshots\"",
        [
            new("snapshots-unreadable", Error, "The snapshot table cannot be read", Repair),
            new("snapshots-extra", Error, "A snapshot has more than 1024 bytes of extra data", Repair),
            new("snapshots-size", Error, "The snapshot table is larger than 64 MiB", Repair),
            new("snapshot-extra-short", Warning, "A snapshot has less extra data than version 3 wants", Repair),
            new("snapshot-l1-unaligned", Warning, "A snapshot's L1 table does not start at a cluster", "Delete the snapshot"),
            new("snapshot-l1-large", Warning, "A snapshot's L1 table is larger than 32 MiB", "Delete the snapshot"),
            new("snapshot-id-duplicate", Warning, "Two snapshots have the same id", "Delete one of them by its name"),
            new("snapshot-table-end", Warning, "The snapshot table cannot be decoded to its end", Repair),
            new("repair-deletes-snapshots", Warning,
                "The image has snapshots and bitmaps: qemu-img check -r (7.2 to 11.1) deletes the snapshots",
                "Remove the bitmaps with qemu-img bitmap --remove before any repair"),
        ]),
        new("Bitmaps", "QEMU, bitmap_list_load and qcow2_load_dirty_bitmaps; specification, \"Bitmaps\"",
        [
            new("bitmaps-unreadable", Error, "The bitmap directory cannot be read", DropBitmaps),
            new("bitmaps-empty", Error, "The bitmap directory has no bytes", DropBitmaps),
            new("bitmaps-broken", Error, "An entry of the bitmap directory crosses its end", DropBitmaps),
            new("bitmaps-more", Error, "The bitmap directory has more entries than the extension counts", DropBitmaps),
            new("bitmaps-less", Error, "The bitmap directory has fewer entries than the extension counts", DropBitmaps),
            new("bitmaps-extra", Error, "A bitmap has extra data, which QEMU does not know", DropBitmaps),
            new("bitmaps-constraints", Error, "A bitmap has a value that QEMU does not take", DropBitmaps),
            new("bitmap-duplicate", Error, "Two bitmaps have the same name", DropBitmaps),
            new("bitmap-crash", Error, "QEMU dies of a signal: the bitmap has more than 2^41 bits", DropBitmaps),
            new("bitmap-table-unreadable", Error, "A bitmap's table cannot be read", DropBitmaps),
            new("bitmap-table", Error, "An entry of a bitmap's table is not valid", DropBitmaps),
            new("bitmap-table-size", Error, "A bitmap's table does not have the size that the disk needs", DropBitmaps),
            new("bitmaps-write-space", "error-rw", "QEMU marks bitmaps as used, and the first cluster has no room for the header",
                DropBitmaps),
            new("bitmaps-write-size", "error-rw", "QEMU cannot write the bitmap directory with the same length", DropBitmaps),
            new("bitmaps-write-overlap", "error-rw", "The bitmap directory overlaps other tables", DropBitmaps),
            new("bitmap-unnamed", Warning, "A bitmap has no name", DropBitmaps),
            new("bitmap-in-use", Warning, "A bitmap was not stored by its last user: a program has the image open, or ended badly",
                "If no program has it open, remove it with qemu-img bitmap --remove"),
            new("bitmap-table-behind-end", Warning,
                "A bitmap's table lies past the end of the file, or is cut by it, and QEMU reads zeros there", DropBitmaps),
            new("bitmap-tables-unread", Note, "The bitmaps' tables have more entries than are looked at; the rest is taken as good",
                Untrusted),
        ]),
        new("Other files", "QEMU, qcow2_open and bdrv_open_backing_file",
        [
            new("backing-file", "reference", "QEMU opens another file for the image", "Copy only images whose backing file you know"),
            new("backing-format", Error, "QEMU has no driver of the backing format's name", "Write the right format to backing_format"),
            new("backing-format-missing", Warning, "The backing file's format is not named, so QEMU guesses it",
                "Write the format to backing_format"),
            new("backing-format-protocol", Warning, "The backing format is the name of a protocol", "Write raw to backing_format"),
            new("loop", Error, "The chain of backing files leads back to an image that is in it", "Name the right backing file"),
            new("data-file", "reference", "The guest's data are in another file", "Copy both files"),
            new("data-file-missing", Error, "The image needs a data file and does not name it", "Write its name to data_file"),
            new("data-file-unnamed", Error, "The data file's name is empty", "Write its name to data_file"),
            new("data-file-raw", Error, "The bit for a raw data file is set, but there is none", DropBit),
            new("raw-data-with-backing", Warning, "An image with a raw data file must not have a backing file", DropBit),
        ]),
        new("Limits", "what a host can bear",
        [
            new("memory", "warning, error", "QEMU allocates more than 1 GiB (warning) or 1 TiB (error) of memory to open the image",
                DropBitmaps),
            new("virtual-size", Error, "The disk is larger than --max-virtual-size", "Refuse the image"),
        ]),
    ];

    /// <summary>The rule of that id; null if there is none.</summary>
    public static Rule? Find(string id) => Groups.SelectMany(group => group.Rules).FirstOrDefault(rule => rule.Id == id);

    /// <summary>The table as a page in Markdown.</summary>
    public static string ToMarkdown()
    {
        var page = new StringBuilder("""
            # Rules of check

            This page lists the rules of `qcow2fs check` by their ids, which stay the same from release to release. `check --explain RULE`
            prints one of them. The page is made from the program's table, and a test compares the two.

            """);
        foreach (var group in Groups)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {group.Title}\n\nSource: {group.Source}.\n\n");
            page.Append("| rule | severity | meaning | what to do |\n|---|---|---|---|\n");
            foreach (var rule in group.Rules)
            {
                page.Append(CultureInfo.InvariantCulture, $"| `{rule.Id}` | {rule.Severity} | {rule.Meaning} | {rule.Advice} |\n");
            }
        }

        page.Append(CultureInfo.InvariantCulture, $"""

            ## What differs between QEMU's series

            `check --qemu VERSION` judges as the last release of a QEMU series does: {string.Join(", ", QemuVersions.Names)}.
            The newest is the default, and `problems` in a mount judges by it. `check --qemu list` prints these differences.
            All other rules are the same in all series. A data file's name is a plain path in each last release (CVE-2024-4467).

            | since | rule | what | before |
            |---|---|---|---|

            """);
        foreach (var change in QemuChange.All)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"| {change.Version.ToText()} | `{change.Rule}` | {change.Now} | {change.Before} |\n");
        }

        return page.ToString();
    }

    private static IEnumerable<Rule> OtherFormats() =>
        FormatMarks.All.DistinctBy(mark => mark.Id).Concat([FormatMarks.Qcow, FormatMarks.Empty, FormatMarks.Unknown])
            .Select(mark => new Rule($"format-{mark.Id}", Error, $"The file is {mark.Description}",
                mark == FormatMarks.Empty ? "Copy the image again"
                : mark == FormatMarks.Unknown ? "Look for an overwritten header with qcow2fs rescue"
                : ImageFormat.IsDisk(mark.Format) || mark.Format is "luks" or "dmg" ? Convert
                : mark.Id != "elf" && mark.Format is "raw" or "iso" ? ConvertRaw : Unpack));

    private static IEnumerable<Rule> PolyglotRules() => Polyglots.Marks.DistinctBy(mark => mark.Id).Select(mark =>
        new Rule($"polyglot-{mark.Id}", "warning, note",
            $"The file is also {mark.Description}. It is a warning where the mark lies in the header's cluster, where no guest can write",
            Untrusted));

    private static IEnumerable<Rule> LuksRuleRows()
    {
        (string Part, string Meaning)[] parts =
        [
            ("outside", "The LUKS header is longer than the crypto header extension gives"),
            ("unreadable", "The LUKS header lies past the largest file offset"),
            ("magic", "There is no LUKS header where the crypto header extension points"),
            ("version", "The LUKS header is not of version 1"),
            ("cipher-nul", "The LUKS cipher's name does not end"), ("mode-nul", "The LUKS mode's name does not end"),
            ("hash-nul", "The LUKS hash's name does not end"),
            ("payload", "The LUKS payload overlaps the LUKS header"), ("iterations", "The LUKS key's iteration count is 0"),
            ("stripes", "A key slot does not have 4000 stripes"), ("state", "A key slot is neither enabled nor disabled"),
            ("slot-iterations", "A key slot's iteration count is 0"), ("slot-header", "A key slot overlaps the LUKS header"),
            ("slot-payload", "A key slot overlaps the payload"), ("slots", "Two key slots overlap"),
            ("mode-format", "The LUKS mode is not MODE-GENERATOR"), ("iv-hash", "The IV generator's hash is unknown"),
            ("mode", "The LUKS mode is unknown"), ("cipher", "The LUKS cipher is unknown, or its key's size is"),
            ("hash", "The LUKS hash is unknown"), ("iv", "The IV generator is unknown"),
            ("iv-missing", "The IV generator ESSIV has no hash"),
            ("essiv-cipher", "The cipher cannot be used with ESSIV"), ("essiv", "The cipher has no key of the size of ESSIV's hash"),
            ("no-key", "No key slot is enabled"), ("key-outside", "A key slot lies outside of what the crypto header extension gives"),
            ("key-sm4", "SM4 is only known in the mode ECB"),
            ("key-xts", "XTS wants a key of an even length"), ("key-cast5", "CAST5 cannot be used with XTS"),
            ("key-crash", "QEMU dies of a signal: a key slot's material is not a multiple of 512 bytes"),
        ];
        return parts.Select(part => new Rule($"extension-luks-{part.Part}", Error, part.Meaning, Luks));
    }
}
