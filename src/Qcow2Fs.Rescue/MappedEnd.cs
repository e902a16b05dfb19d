namespace Qcow2Fs.Rescue;

/// <summary>Where the data of the disk ends that a header's L1 table maps.</summary>
internal static class MappedEnd
{
    /// <summary>
    /// The guest's offset of the last cluster that an L2 table maps; null if there is none. Reads the tables from their ends.
    /// </summary>
    public static ulong? Of(Header header, CachedBytes bytes)
    {
        var format = new L2Format(Extended: (header[HeaderFields.IncompatibleFeatures] & 1 << 4) != 0, External: false);
        var bits = (int)header[HeaderFields.ClusterBits];
        var entriesInL2 = header.ClusterSize / format.EntrySize;
        for (var i = Math.Min((long)header[HeaderFields.L1Size], Limits.L1Entries) - 1; i >= 0; i--)
        {
            if (Last(header[HeaderFields.L1TableOffset], i, 1) is null)
            {
                continue;
            }

            var table = MappingEntry.Offset(Word(header[HeaderFields.L1TableOffset], i));
            if (Last(table, entriesInL2 * format.EntrySize / 8 - 1, header.ClusterSize / 8) is { } last)
            {
                return (ulong)((i * entriesInL2) + (last * 8 / format.EntrySize)) << bits;
            }
        }

        return null;

        long? Last(ulong table, long from, long count)
        {
            for (var i = from; i > from - count; i--)
            {
                if (Word(table, i) != 0)
                {
                    return i;
                }
            }

            return null;
        }

        // An offset that is no multiple of 8 is not QEMU's: the map has counted it as a corruption.
        ulong Word(ulong table, long index) =>
            table % 8 == 0 && table < (ulong)bytes.Length && (long)table + (8 * index) < bytes.Length
                ? bytes.Word((long)table + (8 * index)) : 0;
    }
}
