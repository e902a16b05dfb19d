namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the snapshot table (qcow2_read_snapshots); specification, "Snapshots".</summary>
internal static class SnapshotRules
{
    public const string Unreadable = "Failed to read snapshot table: Input/output error";

    public static IEnumerable<Refusal> Table(OpenState s)
    {
        var count = s[HeaderFields.NbSnapshots];
        var offset = s[HeaderFields.SnapshotOffset];
        if (count == 0 || TableRules.SnapshotTable(s) is not null)
        {
            yield break;
        }

        var end = 0L;
        var found = 0;
        foreach (var entry in SnapshotTable.Of(s.Header, s.Image).Entries)
        {
            if (entry.ExtraDataSize > Limits.ExtraData)
            {
                yield return TooMuchExtraData(entry.Index);
            }

            found++;
            end = entry.Offset - (long)offset + entry.Size;
        }

        // What stopped the enumeration is the table's size or the file's end; behind that QEMU reads zeros, which are entries
        // without strings.
        var reader = new ImageReader(s.Image, SnapshotFields.KnownSize);
        while ((ulong)found < count)
        {
            end = Align.To8(end);
            if (TableRules.IsBehindLimit(offset, (ulong)end + (ulong)SnapshotFields.FixedSize))
            {
                yield return new(Of(HeaderFields.SnapshotOffset), Unreadable, Remedy.RepairImage, "unreadable");
                yield break;
            }

            var entry = new SnapshotEntry(reader, found, (long)offset + end);
            if (entry.ExtraDataSize > Limits.ExtraData)
            {
                yield return TooMuchExtraData(found);
            }

            end += entry.Size;
            if (end > Limits.SnapshotTable)
            {
                yield return new(Of(entry), "Snapshot table is too big\n"
                    + $"You can force-remove all {count - (ulong)found} overhanging snapshots with qemu-img check -r all",
                    Remedy.RepairImage, "size");
                yield break;
            }

            found++;
        }
    }

    private static Refusal TooMuchExtraData(int index) => new(new Snapshot(index),
        $"Too much extra metadata in snapshot table entry {index}\n"
        + "You can force-remove this extra metadata with qemu-img check -r all", Remedy.RepairImage, "extra");
}
