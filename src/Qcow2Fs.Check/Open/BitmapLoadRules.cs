namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of each bitmap that a sound directory names (qcow2_load_dirty_bitmaps); specification, "Bitmap table".</summary>
internal static class BitmapLoadRules
{
    // QEMU cannot hold more bits than that in memory (hbitmap_alloc).
    private const ulong MaxBits = 1UL << 41;

    /// <summary>Table entries that are looked at in one image; beyond it a table is taken as good. QEMU has no such limit.</summary>
    private const long MaxEntriesRead = 1 << 23;

    public static IEnumerable<Refusal> Load(OpenState s)
    {
        var reader = new ImageReader(s.Image, BitmapFields.FixedSize);
        var names = new NameSet(offset => new BitmapEntry(reader, 0, offset).ReadName());
        var budget = MaxEntriesRead;
        foreach (var entry in BitmapRules.Valid(s))
        {
            var bytes = entry.ReadName();
            var name = Text(bytes);
            if (!names.Add(entry.Offset, CString(bytes)))
            {
                // QEMU does not load a bitmap in use, so it accepts a name that occurs twice there.
                if (!entry.IsInUse)
                {
                    yield return new(Of(entry, isDuplicate: true), $"Bitmap already exists: {name}", Remedy.DropBitmaps, "duplicate");
                }
            }
            else if (Bits(s, entry) > MaxBits)
            {
                yield return new(Of(entry), CheckReport.CrashMark + "signal 6: the bitmap has more than 2^41 bits", Remedy.DropBitmaps,
                    "crash");
            }
            else if (!entry.IsInUse && Table(s, entry, name, ref budget) is { } bad)
            {
                yield return bad;
            }
        }
    }

    private static Refusal? Table(OpenState s, BitmapEntry entry, string name, ref long budget)
    {
        var count = entry[BitmapFields.TableSize];
        var unreadable = $"Could not read bitmap_table table from image for bitmap '{name}'";
        if (TableRules.IsBehindLimit(entry[BitmapFields.TableOffset], 8 * count))
        {
            return new(Of(entry), $"{unreadable}: Input/output error", Remedy.DropBitmaps, "table-unreadable");
        }

        foreach (var item in entry.ReadTable().Take((int)Math.Max(0, budget)))
        {
            budget--;
            if (item.Reserved != 0 || item.Offset % s.ClusterSize != 0 || (item.Offset != 0 && item.IsAllOnes))
            {
                return new(Of(entry), $"{unreadable}: Invalid argument", Remedy.DropBitmaps, "table");
            }
        }

        // Bits are stored 64 at a time.
        var needed = (((Bits(s, entry) + 63) / 64 * 8) + s.ClusterSize - 1) / s.ClusterSize;
        return count == needed ? null
            : new(Of(entry), $"Could not read bitmap '{name}' from image: Invalid argument", Remedy.DropBitmaps, "table-size");
    }

    /// <summary>Bits of the bitmap: one for each piece of the disk.</summary>
    public static ulong Bits(OpenState s, BitmapEntry entry)
    {
        var granularity = (int)entry[BitmapFields.GranularityBits];
        return (s.DiskSize + (1UL << granularity) - 1) >> granularity;
    }
}
