using System.Buffers.Binary;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

/// <summary>
/// Small images whose tables lie anywhere and whose entries lead anywhere: over the header, over each other and themselves, at odd offsets,
/// past the end of the file, and with the largest numbers.
/// </summary>
internal static class HostileTables
{
    private const int MaxClusters = 16;
    private const int MaxEntries = 64;

    /// <summary>The next image.</summary>
    public static byte[] Next(Random random)
    {
        var bits = random.Next(10) == 0 ? random.Next(9, 22) : 9;
        var cluster = 1 << bits;
        var image = new byte[(cluster * Math.Min(MaxClusters, random.Next(1, (1 << 22) / cluster))) + random.Next(-8, 2)];
        var directory = random.Next(cluster, Math.Max(cluster + 1, image.Length));
        var header = new HeaderBuilder().ClusterBits((uint)bits).Version(random.Next(8) == 0 ? 2u : 3u)
            .Field("incompatible_features", (ulong)random.Next(2) << 4).Field("refcount_order", (ulong)random.Next(8))
            .Field("l1_table_offset", Anywhere()).Field("l1_size", Count())
            .Field("refcount_table_offset", Anywhere()).Field("refcount_table_clusters", Count())
            .Field("snapshot_offset", Anywhere()).Field("nb_snapshots", (ulong)random.Next(4))
            .Extension(0x23852875, Records.BitmapExtension(2, 64, (ulong)directory)).Build();
        for (var i = random.Next(MaxEntries); i > 0; i--)
        {
            var at = random.Next(Math.Max(1, image.Length - 7)) & (random.Next(4) == 0 ? -1 : -8);
            if (at + 8 <= image.Length)
            {
                BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(at), Anywhere() | ((ulong)random.Next(4) << 62));
            }
        }

        header.AsSpan(0, Math.Min(header.Length, image.Length)).CopyTo(image);
        byte[] records = [.. Records.Bitmap("a", (ulong)random.Next(image.Length), (uint)Count()), .. Records.Bitmap("b", Anywhere())];
        records.AsSpan(0, Math.Clamp(image.Length - directory, 0, records.Length)).CopyTo(image.AsSpan(Math.Min(directory, image.Length)));
        return image;

        ulong Count() => random.Next(6) == 0 ? (ulong)random.NextInt64() & uint.MaxValue : (ulong)random.Next(40);

        ulong Anywhere() => random.Next(8) switch
        {
            0 => 0,
            1 => (ulong)random.NextInt64() << random.Next(2),
            2 => ulong.MaxValue - (ulong)random.Next(1 << 12),
            3 => (ulong)image.Length - (ulong)random.Next(16),
            4 => (ulong)random.Next(image.Length),
            _ => (ulong)(random.Next(1 + (image.Length / cluster)) * cluster),
        };
    }
}
