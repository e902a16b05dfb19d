namespace Qcow2Fs.Check;

/// <summary>Warnings of the layout of the first cluster and of the tables' offsets.</summary>
internal static class LayoutWarnings
{
    // Specification, "Header": the length "must be a multiple of 8".
    public static IEnumerable<Finding> HeaderLength(OpenState s) => s.IsVersion3 && s[HeaderFields.HeaderLength] % 8 != 0
        ? [new("header-length-unaligned", Severity.Warning, Of(HeaderFields.HeaderLength),
            $"the header's length, {s[HeaderFields.HeaderLength]}, is not a multiple of 8")]
        : [];

    // Specification, "Header", "Header padding".
    public static IEnumerable<Finding> Padding(OpenState s)
    {
        var known = (int)Math.Min((ulong)HeaderFields.All.Size, s.IsVersion3 ? s[HeaderFields.HeaderLength] : 0);
        return
        [
            .. from gap in HeaderFields.All.Gaps(known, s.Header.Has)
               where s.Header.Bytes.Span[gap.Start..gap.End].ContainsAnyExcept((byte)0)
               select new Finding("header-padding", Severity.Warning, new HeaderCluster(),
                   $"the padding bytes {gap.Start} to {gap.End - 1} are not all zero; QEMU ignores them and writes zeros"),
        ];
    }

    // QEMU, qcow2_open: it counts in sectors.
    public static IEnumerable<Finding> Size(OpenState s) => s[HeaderFields.Size] != s.DiskSize
        ? [new("size-rounded", Severity.Warning, Of(HeaderFields.Size),
            $"the size is not a multiple of 512; QEMU takes it as {s.DiskSize}")] : [];

    // Specification, "Header", backing_file_offset: behind the extensions, with nothing else in the cluster.
    public static IEnumerable<Finding> BackingName(OpenState s)
    {
        if (!s.Header.HasBackingFile)
        {
            return [];
        }

        var subject = Of(HeaderFields.BackingFileOffset);
        var length = s.IsVersion3 ? Math.Max(s[HeaderFields.HeaderLength], (ulong)HeaderFields.Version3MinLength)
            : (ulong)HeaderFields.Version2Length;
        if (s[HeaderFields.BackingFileOffset] < length)
        {
            return [new("backing-name-in-header", Severity.Warning, subject,
                "the backing file's name lies inside the header; no extension is read")];
        }

        var list = s.Header.Extensions;
        return list.Problem is null && list.TailEnd == list.ItemsEnd && list.AreaEnd > list.Start
            ? [new("no-end-marker", Severity.Warning, subject,
                "the extensions end with the backing file's name and not with an end marker")] : [];
    }

    // Bytes that a future version may give a purpose, and that no QEMU looks at.
    public static IEnumerable<Finding> UnknownBytes(OpenState s)
    {
        var end = s.IsVersion3 ? (int)Math.Min(s[HeaderFields.HeaderLength], s.ClusterSize) : 0;
        return end > HeaderFields.Version3Length && s.Header.Bytes.Span[HeaderFields.Version3Length..end].ContainsAnyExcept((byte)0)
            ? [new("header-unknown-bytes", Severity.Note, Of(HeaderFields.HeaderLength),
                $"the header has {end - HeaderFields.Version3Length} bytes that no known QEMU reads, and not all are zero")]
            : [];
    }

    // QEMU looks at none of these when it opens an image.
    public static IEnumerable<Finding> Tables(OpenState s) =>
    [
        .. Table(s, HeaderFields.L1TableOffset, 8 * s[HeaderFields.L1Size]),
        .. Table(s, HeaderFields.RefcountTableOffset, s.ClusterSize * s[HeaderFields.RefcountTableClusters]),
        .. Table(s, HeaderFields.SnapshotOffset, (ulong)SnapshotFields.FixedSize * s[HeaderFields.NbSnapshots]),
    ];

    // QEMU, qcow2_update_header.
    public static IEnumerable<Finding> Rewrite(OpenState s) => s.Header.Extensions.Problem is not null || HeaderRewrite.Fits(s) ? []
        : [new("header-rewrite", Severity.Warning, new HeaderExtensions(),
            $"QEMU needs {HeaderRewrite.Size(s)} bytes to write this header, and the first cluster has {s.ClusterSize}: "
            + "amend, rebase and bitmaps will fail")];

    // The length in bytes, at least; each count has 32 bits.
    private static IEnumerable<Finding> Table(OpenState s, Field offset, ulong length) =>
        s.OverlapsHeader(s[offset], length)
            ? [new("table-overlaps-header", Severity.Warning, Of(offset), "the table overlaps the header")]
        : s.EndsBefore(s[offset], length) is { } where
            ? [new("table-behind-end", Severity.Warning, Of(offset), $"the table {where}")]
        : [];
}
