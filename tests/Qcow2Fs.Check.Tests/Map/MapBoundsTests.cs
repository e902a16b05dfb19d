using System.Buffers.Binary;
using Qcow2Fs.Codec;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Check.Tests.Map;

/// <summary>What a map of a hostile image reads and allocates.</summary>
[Trait("Category", "Slow")]
public class MapBoundsTests
{
    private const int Cluster = 1 << 16;
    private const long Huge = 1L << 55;

    [Fact]
    public void A_table_that_many_entries_lead_to_is_read_once()
    {
        // 32 MiB of L1 entries, each of which leads to one L2 table, each entry of which leads to one cluster.
        var image = new MemoryImage(128 << 20)
            .With(0, Header(h => h.Field("l1_table_offset", Cluster).Field("l1_size", Limits.L1Entries)))
            .With(Cluster, Words(Limits.L1Entries, 0x8000000004000000))
            .With(0x4000000, Words(Cluster / 8, 0x8000000005000000));

        var map = Bounded(image, 64 << 20, out var run);

        Assert.Contains(run, r => r.Piece is { Kind: ClusterKind.Data, References: (ulong)Limits.L1Entries * (Cluster / 8) });
        Assert.Contains(run, r => r.Piece is { Kind: ClusterKind.L2Table, References: Limits.L1Entries });
        Assert.NotEqual(0UL, map.Totals.Corruptions);
    }

    [Fact]
    public void Snapshots_that_share_an_L1_table_cost_one_walk()
    {
        var entries = new byte[65536 * 40];
        for (var i = 0; i < 65536; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(entries.AsSpan(40 * i), (ulong)(0x1000000 + (Cluster * (i % 500))));
            BinaryPrimitives.WriteUInt32BigEndian(entries.AsSpan((40 * i) + 8), Limits.L1Entries);
        }

        var image = new MemoryImage(128 << 20)
            .With(0, Header(h => h.Field("snapshot_offset", Cluster).Field("nb_snapshots", 65536)))
            .With(Cluster, entries)
            .With(0x1000000 + (1 << 20), Words(4096, 0x7000000));

        var map = Bounded(image, 64 << 20, out var run);

        Assert.Contains(run, r => r.Piece.Kind == ClusterKind.SnapshotL1Table && r.Piece.References > 60000);
        Assert.Contains(run, r => r.Piece is { Kind: ClusterKind.SnapshotL2Table, References: > 1000000 });
        // Each has no extra data.
        Assert.InRange(map.Totals.Corruptions, 65536UL, ulong.MaxValue);
    }

    [Theory]
    [InlineData("l1_table_offset", "l1_size")]
    [InlineData("refcount_table_offset", "refcount_table_clusters")]
    [InlineData("snapshot_offset", "nb_snapshots")]
    public void Numbers_do_not_allocate(string offset, string count)
    {
        foreach (var at in new ulong[] { 0, Cluster, Cluster + 1, Huge - 8, Huge, long.MaxValue, ulong.MaxValue })
        {
            foreach (var bits in new ulong[] { 9, 16, 21, 63 })
            {
                var header = Header(h => h.Field(offset, at).Field(count, uint.MaxValue).Field("cluster_bits", bits));
                Bounded(new MemoryImage(Huge).With(0, header), 160 << 20, out _);
            }
        }
    }

    [Fact]
    public void A_LUKS_header_as_long_as_the_file_is_a_run()
    {
        var payload = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(8), Huge);
        var image = new MemoryImage(Huge).With(0, Header(h => h.Extension(ExtensionMagic.CryptoHeader, payload)));
        Bounded(image, 1 << 20, out var run);
        Assert.Contains(run, r => r.Piece.Kind == ClusterKind.LuksHeader && r.Length > Huge / 2);
    }

    [Fact]
    public void Refcounts_of_one_block_under_many_entries_are_runs()
    {
        var image = new MemoryImage(1L << 44)
            .With(0, Header(h => h.Field("refcount_table_offset", Cluster).Field("refcount_table_clusters", 128)))
            .With(Cluster, Words(1 << 20, 0x1000000))
            .With(0x1000000, [.. Enumerable.Repeat((byte)1, Cluster)]);
        var map = Bounded(image, 640 << 20, out var run);
        Assert.InRange(run.Length, 3, 10);
        Assert.InRange(map.Totals.Leaks, (1UL << 28) - 1000, 1UL << 28);
    }

    [Fact]
    public void Owners_are_the_same_with_little_memory()
    {
        var random = new Random(1);
        var l2 = new byte[Cluster];
        for (var i = 0; i < Cluster / 8; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(l2.AsSpan(8 * i), (ulong)random.Next(200) * Cluster);
        }

        var image = new MemoryImage(200L * Cluster)
            .With(0, Header(h => h.Field("l1_table_offset", Cluster).Field("l1_size", 2)))
            .With(Cluster, Words(2, 2 * Cluster))
            .With(2 * Cluster, l2);
        var map = ImageMap.Of(HeaderOf(image), image);
        var expected = map.Runs().ToArray();
        Assert.InRange(expected.Length, 150, 250);
        foreach (var capacity in new[] { 9000, 3000, 1000 })
        {
            var runs = map.Runs(capacity).ToArray();
            Assert.Equal(expected.Select(r => (r.Piece, r.Offset)), runs.Select(r => (r.Piece, r.Offset)));
            Assert.Equal(expected.Select(r => r.Owners.AsEnumerable()), runs.Select(r => r.Owners.AsEnumerable()));
        }
    }

    private static ImageMap Bounded(MemoryImage image, long bytesRead, out MapRun[] runs)
    {
        var header = HeaderOf(image);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var map = ImageMap.Of(header, image);
        runs = [.. map.Runs().Where(run => run.Piece.References > 0 || run.Piece.Refcount > 0)];
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
        Assert.InRange(image.BytesRead, 0, 3 * bytesRead);
        Assert.Equal(map.Totals.Clusters, map.Pieces().Sum(piece => piece.End - piece.Start));
        return map;
    }

    private static Header HeaderOf(MemoryImage image)
    {
        var bytes = new byte[Cluster];
        image.Read(0, bytes);
        return Codec.Header.Decode(bytes);
    }

    private static byte[] Header(Action<HeaderBuilder> change)
    {
        var builder = new HeaderBuilder();
        change(builder);
        return builder.Build();
    }

    private static byte[] Words(int count, ulong value)
    {
        var bytes = new byte[8 * count];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 * i), value);
        }

        return bytes;
    }
}
