using System.Buffers.Binary;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Tables;

namespace Qcow2Fs.Check;

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

    // The checks before this one have bounded both tables, to 32 and 8 MiB; behind the end of the file all is zero.
    private static IEnumerable<ulong> Entries(OpenState s, ulong offset, ulong count)
    {
        var reader = new ImageReader(s.Image);
        for (var i = 0UL; i < count && offset + (8 * i) < (ulong)reader.Length; i++)
        {
            yield return BinaryPrimitives.ReadUInt64BigEndian(reader.Peek((long)(offset + (8 * i)), 8));
        }
    }
}
