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
                yield return Warn("snapshot-extra-short", entry,
                    $"the entry has {entry.ExtraDataSize} bytes of extra data, version 3 wants {Version3ExtraData}",
                    Remedy.RepairImage);
            }

            if (entry[SnapshotFields.L1TableOffset] % s.ClusterSize != 0)
            {
                yield return Warn("snapshot-l1-unaligned", entry, "L1 table is not cluster aligned; snapshot table entry corrupted");
            }

            if (entry[SnapshotFields.L1Size] > Limits.L1Entries)
            {
                yield return Warn("snapshot-l1-large", entry, "L1 table is too large; snapshot table entry corrupted");
            }

            if (s.EndsBefore((ulong)entry.Offset, (ulong)entry.Size) is { } cut)
            {
                yield return Warn("table-behind-end", entry, $"the entry {cut}");
            }

            if (s.OverlapsHeader(entry[SnapshotFields.L1TableOffset], entry[SnapshotFields.L1Size]))
            {
                yield return Warn("table-overlaps-header", entry, "the snapshot's L1 table overlaps the header");
            }

            if (s.EndsBefore(entry[SnapshotFields.L1TableOffset], 8 * entry[SnapshotFields.L1Size]) is { } where)
            {
                yield return Warn("table-behind-end", entry, $"the snapshot's L1 table {where}");
            }

            if (!ids.Add(entry.Offset, CString.Of(entry.ReadId())))
            {
                yield return Warn("snapshot-id-duplicate", entry, "an earlier snapshot has the same id");
            }
        }

        if (s[HeaderFields.NbSnapshots] > 0 && table.FindProblem() is { } problem)
        {
            yield return new("snapshot-table-end", Severity.Warning, Of(HeaderFields.NbSnapshots),
                $"the snapshot table cannot be decoded to its end: {problem}", Remedy.RepairImage);
        }
    }

    // Tried with QEMU 7.2.22, 10.0.13 and 11.1.3: the repair takes the snapshots' clusters for leaked ones.
    public static IEnumerable<Finding> RepairDeletes(OpenState s) => !s.LosesSnapshotsByRepair ? []
        : [new("repair-deletes-snapshots", Severity.Warning, new HeaderExtension(ExtensionMagic.Bitmaps),
            "the image has snapshots and bitmaps: 'qemu-img check -r' deletes all snapshots; remove the bitmaps before a repair")];

    private static Finding Warn(string rule, SnapshotEntry entry, string sentence, Remedy? remedy = null) =>
        new(rule, Severity.Warning, Of(entry), sentence, remedy);
}

/// <summary>Warnings of bitmaps that QEMU opens (specification, "Bitmap directory").</summary>
internal static class BitmapWarnings
{
    public static IEnumerable<Finding> Find(OpenState s)
    {
        var tableEntries = 0L;
        foreach (var entry in BitmapRules.Valid(s))
        {
            var subject = Of(entry);
            tableEntries += entry.IsInUse ? 0 : (long)entry[BitmapFields.TableSize];
            if (CString.Of(entry.ReadName()).IsEmpty)
            {
                yield return new("bitmap-unnamed", Severity.Warning, subject, "a bitmap must have a name");
            }

            if (entry.IsInUse)
            {
                yield return new("bitmap-in-use", Severity.Warning, subject,
                    "the bitmap was not stored by its last user: if no program has the image open now, it can only be removed",
                    new Remedy.RemoveBitmap(subject));
            }

            if (s.EndsBefore(entry[BitmapFields.TableOffset], 8 * entry[BitmapFields.TableSize]) is { } where)
            {
                yield return new("bitmap-table-behind-end", Severity.Warning, subject, $"the bitmap's table {where}");
            }
        }

        if (tableEntries > BitmapLoadRules.MaxEntriesRead)
        {
            yield return new("bitmap-tables-unread", Severity.Note, new HeaderExtension(ExtensionMagic.Bitmaps),
                $"the bitmaps' tables have {tableEntries} entries; "
                + $"those after the first {BitmapLoadRules.MaxEntriesRead} were not looked at");
        }
    }
}
