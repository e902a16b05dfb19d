namespace Qcow2Fs.Check;

/// <summary>Warnings of the snapshot table (specification, "Snapshots"); qemu-img check reports some of them.</summary>
internal static class SnapshotWarnings
{
    // The extra data that the specification wants in version 3: vm_state_size_large and disk_size.
    private const uint Version3ExtraData = 16;

    public static IEnumerable<Finding> Find(OpenState s)
    {
        if (TableRules.SnapshotTable(s) is not null)
        {
            yield break;
        }

        var table = SnapshotTable.Of(s.Header, s.Image);
        var reader = new ImageReader(s.Image, SnapshotFields.KnownSize);
        var ids = new NameSet(offset => new SnapshotEntry(reader, 0, offset).ReadId());
        foreach (var entry in table.Entries)
        {
            if (s.IsVersion3 && entry.ExtraDataSize < Version3ExtraData)
            {
                yield return Warn(entry, $"the entry has {entry.ExtraDataSize} bytes of extra data, version 3 wants {Version3ExtraData}",
                    Remedy.RepairImage);
            }

            if (entry[SnapshotFields.L1TableOffset] % s.ClusterSize != 0)
            {
                yield return Warn(entry, "L1 table is not cluster aligned; snapshot table entry corrupted");
            }

            if (entry[SnapshotFields.L1Size] > Limits.L1Entries)
            {
                yield return Warn(entry, "L1 table is too large; snapshot table entry corrupted");
            }

            if (!ids.Add(entry.Offset, CString(entry.ReadId())))
            {
                yield return Warn(entry, "an earlier snapshot has the same id");
            }
        }

        if (s[HeaderFields.NbSnapshots] > 0 && table.FindProblem() is { } problem)
        {
            yield return new(Severity.Warning, Of(HeaderFields.NbSnapshots), $"the snapshot table cannot be decoded to its end: {problem}",
                Remedy.RepairImage);
        }
    }

    private static Finding Warn(SnapshotEntry entry, string sentence, Remedy? remedy = null) =>
        new(Severity.Warning, Of(entry), sentence, remedy);
}

/// <summary>Warnings of bitmaps that QEMU opens (specification, "Bitmap directory").</summary>
internal static class BitmapWarnings
{
    // 1 GiB of them.
    private const ulong ManyBits = 1UL << 33;

    public static IEnumerable<Finding> Find(OpenState s)
    {
        foreach (var entry in BitmapRules.Valid(s))
        {
            var subject = Of(entry);
            if (CString(entry.ReadName()).IsEmpty)
            {
                yield return new(Severity.Warning, subject, "a bitmap must have a name");
            }

            if (entry.IsInUse)
            {
                yield return new(Severity.Warning, subject,
                    "the bitmap was not stored by its last user, so it is inconsistent; it can only be removed",
                    new Remedy.RemoveBitmap(subject));
            }

            if (BitmapLoadRules.Bits(s, entry) >= ManyBits)
            {
                yield return new(Severity.Warning, subject,
                    $"QEMU holds the bitmap in memory, about {BitmapLoadRules.Bits(s, entry) >> 33} GiB, "
                    + "and ends with signal 5 where there is not so much");
            }

            if (entry[BitmapFields.TableOffset] >= (ulong)s.Image.Length)
            {
                yield return new(Severity.Warning, subject, "the bitmap's table lies behind the end of the file; QEMU reads it as zeros");
            }
        }
    }
}
