using System.Buffers.Binary;
using System.Diagnostics;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Check.Tests;

public class HostileImageTests
{
    private const long Budget = 256L << 20;

    [Trait("Category", "Slow")]
    [Fact]
    public void A_check_of_any_header_is_bounded_and_most_are_refused()
    {
        const int Count = 5000;
        var refused = 0;
        for (var i = 0; i < Count; i++)
        {
            var random = new Random(i);
            var bytes = MutatedHeader.Next(random);
            var report = Bounded(bytes, new MemoryImage(random.NextInt64(1L << random.Next(50))));
            Assert.InRange(report.Findings.Length, 0, 2 * ImageCheck.MaxFindings);
            // What QEMU refuses to open has a finding that says so.
            Assert.True(report.Info is null || report.Findings.Length > 0, $"seed {i}: {report.Info}");
            refused += report.Info is null ? 0 : 1;
        }

        Assert.InRange(refused, 4900, Count - 1);
    }

    [Fact]
    public void Two_hundred_thousand_extensions_are_cheap()
    {
        var bytes = new byte[Header.MaxClusterSize];
        FindingTests.Valid().WithField(HeaderFields.RefcountTableOffset, 0x200000).WithField(HeaderFields.L1TableOffset, 0x400000)
            .WithField(HeaderFields.ClusterBits, 21).Bytes.Span[..112].CopyTo(bytes);
        for (var at = 112; at < bytes.Length; at += 8)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), ExtensionMagic.Bitmaps);
        }

        var report = Bounded(bytes, new MemoryImage(1L << 30));
        Assert.Equal("bitmaps_ext: Invalid extension length", report.Info);
        Assert.InRange(report.Findings.Length, ImageCheck.MaxFindings, ImageCheck.MaxFindings + 10);
    }

    [Fact]
    public void Sixty_five_thousand_empty_snapshots_are_cheap()
    {
        var header = FindingTests.Valid().WithField(HeaderFields.NbSnapshots, 65536).WithField(HeaderFields.SnapshotOffset, 0x40000);

        Assert.Null(Bounded(header.Bytes.ToArray(), new MemoryImage(1L << 30)).Info);
        Assert.Null(Bounded(header.Bytes.ToArray(), new MemoryImage(0x40000)).Info);
    }

    [Fact]
    public void A_full_directory_of_large_tables_is_bounded()
    {
        const int Count = 2000;
        var header = FindingTests.Valid().WithExtensionAdded(ExtensionMagic.Bitmaps, Records.BitmapExtension(Count, Count * 32, 0x100000))
            .WithFeature(FeatureGroup.Autoclear, 0, set: true);
        var directory = Enumerable.Range(0, Count).SelectMany(i => Records.Bitmap($"{i:d8}", table: 0x1000000, tableSize: 8192)).ToArray();

        var report = Bounded(header.Bytes.ToArray(), new MemoryImage(1L << 40).With(0x100000, directory));

        Assert.Equal("Could not read bitmap '00000000' from image: Invalid argument", report.Info);
    }

    private static CheckReport Bounded(byte[] bytes, MemoryImage image)
    {
        var time = Stopwatch.StartNew();
        var header = Header.Decode(bytes);
        // All that is allocated, most of it short-lived; what lives at once is far less.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var report = ImageCheck.Run(header, image.With(0, bytes));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Budget);
        Assert.InRange(time.Elapsed.TotalSeconds, 0, 20);
        return report;
    }
}
