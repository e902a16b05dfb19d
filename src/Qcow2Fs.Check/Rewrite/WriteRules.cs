namespace Qcow2Fs.Check;

/// <summary>What QEMU writes while it opens an image read-write, and fails at (qcow2_open).</summary>
internal static class WriteRules
{
    public const string CannotRepair = $"Could not repair dirty image: {NoSpace}";

    private const string NoSpace = "No space left on device";

    // Bitmaps that become used are marked so: in the header, in the directory, and in the header again.
    public static Refusal? Bitmaps(OpenState s)
    {
        if (s.Bitmaps is not { } bitmaps || !BitmapRules.Valid(s).Any(entry => !entry.IsInUse))
        {
            return null;
        }

        return !HeaderRewrite.Fits(s) ? Refuse(NoSpace, "space")
            : (ulong)Size() != bitmaps[BitmapExtensionFields.DirectorySize] ? Refuse("Invalid argument", "size")
            : WriteOverlap.Overlaps(s, bitmaps) ? Refuse("Input/output error", "overlap")
            : null;

        // QEMU writes the names to their first zero byte, and only over a directory of the same length.
        long Size() => BitmapRules.Valid(s).Sum(entry => Align.To8((long)BitmapFields.FixedSize + CString.Of(entry.ReadName()).Length));

        static Refusal Refuse(string error, string part) => new(
            new HeaderExtension(ExtensionMagic.Bitmaps), $"Can't update bitmap directory: {error}", Remedy.DropBitmaps, part);
    }

    // Unknown autoclear bits are cleared, bitmaps without their bit dropped. Marking bitmaps as used has written the header already.
    public static Refusal? UpdateHeader(OpenState s)
    {
        var dropsBitmaps = (s.Autoclear & 1) == 0 && s.Header.LastIndexOf(ExtensionMagic.Bitmaps) >= 0;
        var clears = (s.Autoclear & ~OpenState.KnownAutoclear) != 0;
        return (dropsBitmaps || clears) && !HeaderRewrite.Fits(s)
            ? new(new HeaderExtensions(), $"Could not update qcow2 header: {NoSpace}") : null;
    }

    public static Refusal? Repair(OpenState s) => (s.Incompatible & 1) != 0 && !HeaderRewrite.Fits(s)
        ? new(new HeaderExtensions(), CannotRepair) : null;
}

/// <summary>
/// QEMU's guard against writing the bitmap directory over other metadata (qcow2_check_metadata_overlap): the header, the active
/// L1 table and its L2 tables, the refcount table and its blocks, the snapshot table and the snapshots' L1 tables.
/// </summary>
internal static class WriteOverlap
{
    private const ulong L1OffsetBits = 0x00fffffffffffe00;
    private const ulong RefcountOffsetBits = 0xfffffffffffffe00;

    /// <summary>Whether the directory's clusters overlap any of them.</summary>
    public static bool Overlaps(OpenState s, BitmapDirectory directory)
    {
        var start = directory[BitmapExtensionFields.DirectoryOffset];
        var length = (directory[BitmapExtensionFields.DirectorySize] + s.ClusterSize - 1) / s.ClusterSize * s.ClusterSize;
        var l1 = (Offset: s[HeaderFields.L1TableOffset], Entries: s[HeaderFields.L1Size]);
        var refcounts = (Offset: s[HeaderFields.RefcountTableOffset], Entries: s[HeaderFields.RefcountTableClusters] * s.ClusterSize / 8);
        return start < s.ClusterSize
            || Overlaps(l1.Offset, 8 * l1.Entries)
            || Overlaps(refcounts.Offset, 8 * refcounts.Entries)
            || Entries(s, l1.Offset, l1.Entries).Any(entry => OverlapsCluster(entry & L1OffsetBits))
            || Entries(s, refcounts.Offset, refcounts.Entries).Any(entry => OverlapsCluster(entry & RefcountOffsetBits))
            || OverlapsSnapshots();

        bool Overlaps(ulong offset, ulong size) => size > 0 && offset < start + length && start < offset + size;

        bool OverlapsCluster(ulong offset) => offset != 0 && Overlaps(offset, s.ClusterSize);

        bool OverlapsSnapshots()
        {
            var end = s[HeaderFields.SnapshotOffset];
            foreach (var entry in SnapshotTable.Of(s.Header, s.Image).Entries)
            {
                end = (ulong)(entry.Offset + entry.Size);
                if (Overlaps(entry[SnapshotFields.L1TableOffset], 8 * entry[SnapshotFields.L1Size]))
                {
                    return true;
                }
            }

            return Overlaps(s[HeaderFields.SnapshotOffset], end - s[HeaderFields.SnapshotOffset]);
        }
    }

    // The checks before this one have bounded both tables, to 32 and 8 MiB; past the end of the file all is zero.
    private static IEnumerable<ulong> Entries(OpenState s, ulong offset, ulong count)
    {
        var reader = new ImageReader(s.Image);
        for (var i = 0UL; i < count && offset + (8 * i) < (ulong)reader.Length; i++)
        {
            yield return BinaryPrimitives.ReadUInt64BigEndian(reader.Peek((long)(offset + (8 * i)), 8));
        }
    }
}

/// <summary>
/// The header that QEMU writes when it writes a whole one (qcow2_update_header): the fields it knows, those it does not, then
/// the extensions of its own, the unknown ones, an end marker and the backing file's name.
/// </summary>
internal static class HeaderRewrite
{
    private const int FeatureTableSize = 8 * FeatureNameTable.RecordSize;

    /// <summary>Whether that header fits the first cluster.</summary>
    public static bool Fits(OpenState s) => Size(s) <= (long)s.ClusterSize;

    /// <summary>Bytes of that header.</summary>
    public static long Size(OpenState s)
    {
        long[] own =
        [
            s.IsVersion3 ? Math.Max(HeaderFields.Version3Length, (long)s[HeaderFields.HeaderLength]) : HeaderFields.Version2Length,
            s.LastData(ExtensionMagic.BackingFormat) is { } format ? Extension.Footprint(CString.Of(format).Length) : 0,
            s.HasDataFile && s.LastData(ExtensionMagic.DataFile) is { } name ? Extension.Footprint(CString.Of(name).Length) : 0,
            // A crypto header at offset 0 is as good as none to QEMU.
            s.LastData(ExtensionMagic.CryptoHeader) is { } key && key.Take(8).Any(b => b != 0) ? Extension.Footprint(key.Length) : 0,
            s.IsVersion3 && s.ClusterSize > Limits.ClusterWithoutFeatureNames ? Extension.Footprint(FeatureTableSize) : 0,
            s.Bitmaps is not null ? Extension.Footprint(BitmapExtensionFields.Size) : 0,
        ];
        // Everything else is copied, each time that it occurs.
        var copied = s.Header.Extensions.Items.Sum(item => item.Magic switch
        {
            ExtensionMagic.BackingFormat or ExtensionMagic.FeatureTable or ExtensionMagic.Bitmaps
                or ExtensionMagic.CryptoHeader or ExtensionMagic.DataFile => 0,
            _ => Extension.Footprint(item.Length),
        });
        return own.Sum() + copied + Extension.EntryHeaderSize + CString.Of(s.Header.BackingFileName).Length;
    }
}
