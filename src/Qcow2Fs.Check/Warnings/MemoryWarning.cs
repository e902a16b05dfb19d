namespace Qcow2Fs.Check;

/// <summary>
/// The memory that QEMU allocates by an image's numbers while it opens it, also for <c>qemu-img info</c>: the L1 table, the refcount table,
/// the snapshot table, the bitmap directory, and every bitmap with a bit for each piece of the disk, whether it is in use or not.
/// </summary>
internal static class MemoryWarning
{
    private const ulong Gibibyte = 1UL << 30;
    private const ulong Tebibyte = 1UL << 40;

    public static IEnumerable<Finding> Find(OpenState s)
    {
        var bytes = Measure(s);
        if (bytes > Gibibyte)
        {
            var amount = bytes > Tebibyte ? $"{bytes / Tebibyte} TiB" : $"{bytes / Gibibyte} GiB";
            yield return new("memory", bytes > Tebibyte ? Severity.Error : Severity.Warning, new HeaderCluster(),
                $"QEMU allocates {amount} of memory to open the image, and aborts where there is not so much");
        }
    }

    /// <summary>Bytes; null if the tables cannot be read.</summary>
    public static ulong? TryMeasure(OpenState s)
    {
        try
        {
            return Measure(s);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // Each term is bounded by a limit of QEMU's, so the sum cannot overflow.
    private static ulong Measure(OpenState s)
    {
        var bitmaps = 0UL;
        foreach (var entry in BitmapRules.Valid(s))
        {
            bitmaps += BitmapLoadRules.Bits(s, entry) / 8;
        }

        return Math.Min(s[HeaderFields.L1Size], (ulong)Limits.L1Entries) * 8
            + Math.Min(s[HeaderFields.RefcountTableClusters] * s.ClusterSize, Limits.RefcountTable)
            + (ulong)SnapshotTable.Of(s.Header, s.Image).Entries.Sum(entry => Align.To8(entry.Size))
            + Math.Min(s.Bitmaps?[BitmapExtensionFields.DirectorySize] ?? 0, (ulong)Limits.BitmapDirectory)
            + bitmaps;
    }
}
