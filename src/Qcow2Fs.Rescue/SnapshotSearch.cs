using System.Text.Unicode;

namespace Qcow2Fs.Rescue;

/// <summary>What a snapshot table says of one snapshot.</summary>
/// <param name="L1Offset">Where its L1 table starts.</param>
/// <param name="L1Entries">Entries of that.</param>
/// <param name="DiskSize">Virtual size in bytes; 0 if it is not said.</param>
internal readonly record struct FoundSnapshot(long L1Offset, int L1Entries, ulong DiskSize);

/// <summary>A snapshot table: where it lies, its length in bytes after each entry, and the entries.</summary>
internal sealed record FoundSnapshots(long Offset, ImmutableArray<long> Ends, ImmutableArray<FoundSnapshot> Items)
{
    /// <summary>No snapshots.</summary>
    public static readonly FoundSnapshots None = new(0, [], []);
}

/// <summary>Parses snapshot tables to the first entry that is none: the header alone has their number.</summary>
internal static class SnapshotSearch
{
    private const uint NanosecondsPerSecond = 1_000_000_000;

    // QEMU counts ids from 1 on; a guest's text is not a name of 64 KiB.
    private const ulong MaxIdSize = 20;
    private const ulong MaxNameSize = 1024;

    /// <summary>Whether the bytes start with what can be an entry of the image.</summary>
    public static bool IsEntry(ReadOnlySpan<byte> start, Refcounts refcounts) =>
        refcounts.IsUsed(SnapshotFields.L1TableOffset.Read(start))
        && SnapshotFields.L1Size.Read(start) is > 0 and <= Limits.L1Entries
        && SnapshotFields.IdSize.Read(start) is > 0 and <= MaxIdSize
        && SnapshotFields.NameSize.Read(start) <= MaxNameSize
        && SnapshotFields.DateNsec.Read(start) < NanosecondsPerSecond
        && SnapshotFields.ExtraDataSize.Read(start) <= Limits.ExtraData;

    /// <summary>The table that starts there; without entries if there is none.</summary>
    public static FoundSnapshots Parse(IImageBytes image, CachedBytes bytes, Refcounts refcounts, long offset)
    {
        var items = ImmutableArray.CreateBuilder<FoundSnapshot>();
        var ends = ImmutableArray.CreateBuilder<long>();
        var ids = new HashSet<string>();
        var reader = new ImageReader(image);
        var fixedPart = new byte[SnapshotFields.FixedSize];
        for (var at = 0L; items.Count < Limits.Snapshots && at < Limits.SnapshotTable;)
        {
            bytes.Fill(offset + at, fixedPart);
            if (!IsEntry(fixedPart, refcounts))
            {
                break;
            }

            var entry = new SnapshotEntry(reader, items.Count, offset + at);
            var id = entry.ReadId();
            if (!IsText(id) || !IsText(entry.ReadName()) || !ids.Add(Encoding.UTF8.GetString(id)) || !IsCounted(entry, refcounts))
            {
                break;
            }

            items.Add(new((long)entry[SnapshotFields.L1TableOffset], (int)entry[SnapshotFields.L1Size], entry[SnapshotFields.DiskSize]));
            ends.Add(at + entry.Size);
            at = Align.To8(at + entry.Size);
        }

        return new(offset, ends.ToImmutable(), items.ToImmutable());
    }

    private static bool IsCounted(SnapshotEntry entry, Refcounts refcounts)
    {
        var first = (long)entry[SnapshotFields.L1TableOffset] >> refcounts.ClusterBits;
        var last = (long)(entry[SnapshotFields.L1TableOffset] + (8 * entry[SnapshotFields.L1Size]) - 1) >> refcounts.ClusterBits;
        for (var cluster = first; cluster <= last; cluster++)
        {
            if (!refcounts.IsOwnedOnce(cluster))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyInRange((byte)0, (byte)0x1f) < 0 && Utf8.IsValid(bytes);
}
