namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the bitmap directory (bitmap_list_load); specification, "Bitmap directory".</summary>
internal static class BitmapRules
{
    private const uint KnownFlags = 3;
    private const string ExtraData = "Bitmap extra data is not supported";

    private static readonly HeaderExtension s_directory = new(ExtensionMagic.Bitmaps);

    public static readonly Refusal Unreadable = new(s_directory, "Failed to read bitmap directory: Input/output error");

    public static IEnumerable<Refusal> Directory(OpenState s)
    {
        if (s.Bitmaps is not { } bitmaps)
        {
            yield break;
        }

        var offset = bitmaps[BitmapExtensionFields.DirectoryOffset];
        var size = (long)bitmaps[BitmapExtensionFields.DirectorySize];
        var count = bitmaps[BitmapExtensionFields.NbBitmaps];
        if (size == 0 || TableRules.IsBehindLimit(offset, (ulong)size))
        {
            yield return size == 0
                ? new(s_directory, "Requested bitmap directory size is zero", Remedy.DropBitmaps, "empty")
                : Unreadable with { Remedy = Remedy.DropBitmaps, Part = "unreadable" };
            yield break;
        }

        var reader = new ImageReader(s.Image);
        var found = 0u;
        for (var at = 0L; at < size;)
        {
            if (size - at < BitmapFields.FixedSize)
            {
                yield return Broken();
                yield break;
            }

            if (++found > count)
            {
                yield return new(s_directory, "More bitmaps found than specified in header extension", Remedy.DropBitmaps, "more");
                yield break;
            }

            var entry = new BitmapEntry(reader, (int)found - 1, (long)offset + at);
            var (bad, goesOn) = Entry(s, entry, size - at);
            if (bad is not null)
            {
                yield return bad;
            }

            if (!goesOn)
            {
                yield break;
            }

            at += entry.Size;
        }

        if (found != count)
        {
            yield return new(s_directory, "Less bitmaps found than specified in header extension", Remedy.DropBitmaps, "less");
        }
    }

    public static Refusal Broken() => new(s_directory, "Broken bitmap directory", Remedy.DropBitmaps, "broken");

    /// <summary>The entries, if QEMU finds nothing wrong with the directory.</summary>
    public static IEnumerable<BitmapEntry> Valid(OpenState s) => s.Bitmaps is { } bitmaps && !Directory(s).Any() ? bitmaps.Entries : [];

    private static (Refusal? Bad, bool GoesOn) Entry(OpenState s, BitmapEntry entry, long room)
    {
        // QEMU adds the lengths as signed 32-bit numbers: a huge one can wrap around and pass here. Extra data is refused then.
        var size = Align.To8(unchecked(BitmapFields.FixedSize + (int)entry[BitmapFields.ExtraDataSize]
            + (int)entry[BitmapFields.NameSize]));
        return size > room ? (Broken(), false)
            : entry[BitmapFields.ExtraDataSize] != 0
                ? entry.Size <= room
                    ? (new(Of(entry), ExtraData, Remedy.DropBitmaps, "extra"), true)
                    : (new(new Bitmap(entry.Index), ExtraData, Remedy.DropBitmaps, "extra"), false)
            : IsValid(s, entry) ? (default(Refusal?), true)
            : (new(Of(entry), $"Bitmap '{Text(entry.ReadName())}' doesn't satisfy the constraints",
                Remedy.DropBitmaps, "constraints"), true);
    }

    private static bool IsValid(OpenState s, BitmapEntry entry)
    {
        var table = entry[BitmapFields.TableOffset];
        var entries = entry[BitmapFields.TableSize];
        var bytes = entries * s.ClusterSize;
        var granularity = (int)entry[BitmapFields.GranularityBits];
        return entries is > 0 and <= Limits.BitmapTableEntries
            && table != 0 && table % s.ClusterSize == 0
            && granularity is >= 9 and <= 31
            && (entry[BitmapFields.Flags] & ~(ulong)KnownFlags) == 0
            && entry[BitmapFields.NameSize] <= Limits.BitmapName
            && entry[BitmapFields.Type] == 1
            && s.DiskSize <= long.MaxValue
            && bytes <= Limits.BitmapData
            && (entry.IsInUse || s.DiskSize <= (bytes * 8) << granularity);
    }
}

/// <summary>QEMU's checks of each bitmap that a sound directory names (qcow2_load_dirty_bitmaps); specification, "Bitmap table".</summary>
internal static class BitmapLoadRules
{
    // QEMU cannot hold more bits than that in memory (hbitmap_alloc).
    private const ulong MaxBits = 1UL << 41;

    /// <summary>Table entries that are looked at in one image; beyond it a table is taken as good. QEMU has no such limit.</summary>
    public const long MaxEntriesRead = 1 << 23;

    public static IEnumerable<Refusal> Load(OpenState s)
    {
        var reader = new ImageReader(s.Image, BitmapFields.FixedSize);
        var names = new NameSet(offset => new BitmapEntry(reader, 0, offset).ReadName());
        var budget = MaxEntriesRead;
        foreach (var entry in BitmapRules.Valid(s))
        {
            var bytes = entry.ReadName();
            var name = Text(bytes);
            if (!names.Add(entry.Offset, CString.Of(bytes)))
            {
                // QEMU does not load a bitmap in use, so it accepts a name that occurs twice there.
                if (!entry.IsInUse)
                {
                    yield return new(Of(entry, isDuplicate: true), $"Bitmap already exists: {name}", Remedy.DropBitmaps, "duplicate");
                }
            }
            else if (Bits(s, entry) > MaxBits)
            {
                const string Crash = CheckReport.CrashMark + "signal 6: the bitmap has more than 2^41 bits";
                yield return new(Of(entry), Crash, Remedy.DropBitmaps, "crash");
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
