namespace Qcow2Fs.Rescue;

/// <summary>The virtual size of a candidate, and who says so.</summary>
/// <param name="Bytes">The size; a multiple of 512.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Warning">A sentence, if it may be another.</param>
internal readonly record struct SizeChoice(ulong Bytes, string Source, string? Warning)
{
    private const ulong Sector = 512;

    /// <summary>Chooses the size: the user's, a snapshot's, the guest's own, or the most that the L1 table maps.</summary>
    public static SizeChoice Of(CachedBytes bytes, FoundLayout found, ulong? wanted)
    {
        if (wanted is { } size)
        {
            return new(RoundUp(size, Sector), "--size", size < Least(found)
                ? $"the L1 table maps data past the size, up to byte {Least(found)}" : null);
        }

        var layout = found.Layout;
        var (low, high) = Bounds(bytes, found);
        var guest = GuestSize.Of(new(bytes, layout));
        var atSnapshot = layout.Snapshots.Items.Select(snapshot => snapshot.DiskSize).DefaultIfEmpty().Max();
        var exact = guest is { IsExact: true } gpt ? gpt.Bytes : 0;
        if (atSnapshot > 0 && IsPossible(atSnapshot) && atSnapshot >= (guest?.Bytes ?? 0))
        {
            return new(atSnapshot, "the snapshot table", "the disk may have been resized since the last snapshot");
        }

        if (exact > 0 && IsPossible(exact))
        {
            return new(exact, guest!.Value.What, "the disk may have been resized since it was partitioned");
        }

        // Larger is harmless: the rest reads as zeros. Smaller is not.
        var least = Math.Max(low, Math.Max(guest?.Bytes ?? 0, atSnapshot));
        return guest is { } said && least <= high
            ? new(Math.Min(high, RoundUp(least, 1UL << layout.CoverageBits)), $"{said.What}, rounded up to whole L1 entries",
                $"{said.What} ends at byte {said.Bytes}, the disk at that or later; --size sets its size")
            : new(high, "the room in the L1 table",
                "nothing in the guest's disk gives its size: this is the most that it can be; --size sets it");

        bool IsPossible(ulong bytes) => bytes >= low && bytes <= high;
    }

    /// <summary>The least size in bytes that has a part of every guest cluster that is mapped.</summary>
    private static ulong Least(FoundLayout found) =>
        found.Mapped.Last < 0 ? 0 : ((ulong)found.Mapped.Last << found.Layout.Refcounts.ClusterBits) + Sector;

    private static (ulong Low, ulong High) Bounds(CachedBytes bytes, FoundLayout found)
    {
        var layout = found.Layout;
        // The table of a new image is not written to the end of its cluster, and nothing follows it.
        var entries = Math.Min(layout.L1Room, (bytes.Length - layout.L1Offset + 7) / 8);
        var (low, high) = (Least(found), (ulong)UInt128.Min(MaxSize, (UInt128)entries << layout.CoverageBits));
        foreach (var bitmap in layout.Bitmaps.Items.Where(bitmap => !bitmap.IsInUse))
        {
            // QEMU refuses an image with a bitmap whose table has not exactly the entries that the disk needs.
            var perEntry = (UInt128)layout.Refcounts.ClusterSize * 8 << bitmap.GranularityBits;
            var most = bitmap.TableEntries * perEntry;
            high = most < high ? (ulong)most : high;
            var less = (bitmap.TableEntries - 1) * perEntry;
            low = less >= low && less < high ? (ulong)less + Sector : low;
        }

        return (low, high);
    }

    private static ulong MaxSize => Limits.FileOffset & ~(Sector - 1);

    private static ulong RoundUp(ulong value, ulong unit) => value > ulong.MaxValue - unit ? value : (value + unit - 1) / unit * unit;
}
