using System.Buffers.Binary;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Mutants;
using Qcow2Fs.Tree;

namespace Qcow2Fs.Check.Tests;

/// <summary>What an untrusted image can be besides broken, and what a report must not do.</summary>
public class GateTests
{
    private const ulong Table = 0x40000;

    [Trait("Category", "Slow")]
    [Fact]
    public void No_report_contradicts_itself_and_every_finding_has_a_rule_of_the_table()
    {
        var warned = 0;
        for (var seed = 0; seed < 3000; seed++)
        {
            // Good tables, so that the rules behind them are reached, and one or two odd fields.
            var random = new Random(seed);
            var header = FindingTests.Valid();
            for (var i = random.Next(1, 3); i > 0; i--)
            {
                var field = HeaderFields.All[random.Next(4, HeaderFields.All.Count)];
                ulong[] values = [0, 1, 513, (ulong)random.NextInt64(), ulong.MaxValue - 0xfff, 0xffffffff0000f000, 1UL << 40];
                var bytes = header.Bytes.ToArray();
                field.Write(bytes, values[random.Next(values.Length)] & field.MaxValue);
                header = Header.Decode(bytes);
            }

            var findings = ImageCheck.Run(header, FindingTests.Image(header)).Findings;
            Assert.All(findings, f => Assert.Contains(f.Severity.ToText(), RuleTable.Find(f.Rule)?.Severity.Split(", ") ?? []));
            Assert.DoesNotContain(findings, f => f.Severity == Severity.Warning && f.Subject is Subject.HeaderField
                && findings.Any(other => other.Severity == Severity.Error && other.Subject == f.Subject));
            warned += findings.Any(f => f.Severity == Severity.Warning) ? 1 : 0;
        }

        Assert.InRange(warned, 500, 3000);
    }

    [Fact]
    public void A_table_that_QEMU_refuses_is_not_also_said_to_be_read_as_zeros()
    {
        var findings = Check(FindingTests.Valid().WithField(HeaderFields.L1TableOffset, 0x7fffffffffff0000)).Findings;
        Assert.Equal("l1-unreadable", Assert.Single(findings).Rule);
    }

    [Fact]
    public void Every_rule_that_can_be_reached_is_in_the_table() =>
        Assert.All(ReachableRules.All, id => Assert.NotNull(RuleTable.Find(id)));

    [Theory]
    [InlineData("pool/a.qcow2", "a.qcow2", true)]
    [InlineData("pool/a.qcow2", "../pool/./a.qcow2", true)]
    [InlineData("/p/a", "/p//a", true)]
    [InlineData("/p/a", "file:a", true)]
    [InlineData("/p/a", "json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"/p/a\"}}", true)]
    [InlineData("/p/a", "json:{\"file.filename\":\"a\"}", true)]
    [InlineData("/p/a", "json:{\"file.filename\":", false)]
    [InlineData("/p/a", "json:[]", false)]
    [InlineData("/p/a", "b", false)]
    [InlineData("/p/a", "nbd:a", false)]
    [InlineData("/p/a", "../a", false)]
    public void An_image_that_is_its_own_backing_file_is_a_loop(string path, string name, bool isLoop)
    {
        var header = FindingTests.Valid().WithBackingFile(Encoding.UTF8.GetBytes(name)).WithBackingFormat("qcow2"u8);
        var report = ImageCheck.Run(header, FindingTests.Image(header), path);
        Assert.Equal(isLoop, report.Findings.Any(f => f.Rule == "loop"));
    }

    [Theory]
    [InlineData(10, 5, "error")]
    [InlineData(10, 1, "warning")]
    [InlineData(19, 1, null)]
    public void The_memory_that_QEMU_would_allocate_is_named(byte granularity, uint count, string? severity)
    {
        const ulong Size = 1UL << 51;
        byte[] directory = [.. Enumerable.Range(0, (int)count)
            .SelectMany(i => Records.Bitmap($"b{i}", flags: 1, granularity: granularity))];
        var header = FindingTests.Valid().WithField(HeaderFields.Size, Size).WithField(HeaderFields.L1Size, 4194304)
            .WithFeature(FeatureGroup.Autoclear, 0, set: true)
            .WithExtensionAdded(ExtensionMagic.Bitmaps, Records.BitmapExtension(count, (ulong)directory.Length, Table));

        var report = ImageCheck.Run(header, FindingTests.Image(header).With((long)Table, directory));

        Assert.Equal(severity, report.Findings.FirstOrDefault(f => f.Rule == "memory")?.Severity.ToText());
        // The L1 table, the refcount table, the directory, and a bit for each piece of the disk.
        Assert.Equal((32UL << 20) + (1 << 16) + (ulong)directory.Length + (count * (Size >> granularity) / 8), report.Facts.NeedsMemory);
    }

    [Theory]
    [InlineData(0UL, "table-overlaps-header")]
    [InlineData((1UL << 20) - 4, "table-behind-end")]
    [InlineData(1UL << 20, "table-behind-end")]
    [InlineData((1UL << 20) - 8, null)]
    public void The_table_of_a_snapshot_lies_in_the_file_and_not_in_the_header(ulong offset, string? rule)
    {
        var snapshot = Records.Snapshot("1", "a", new byte[24]);
        BinaryPrimitives.WriteUInt64BigEndian(snapshot, offset);
        var header = FindingTests.Valid().WithField(HeaderFields.NbSnapshots, 1).WithField(HeaderFields.SnapshotOffset, Table);

        var found = ImageCheck.Run(header, FindingTests.Image(header).With((long)Table, snapshot)).Findings;

        Assert.Equal(rule, found.SingleOrDefault(f => f.Rule != "snapshot-l1-unaligned")?.Rule);
    }

    // Refcounts of 1 to 64 bits: cluster 15 is the last of the file.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 15)]
    [InlineData(4, 30)]
    [InlineData(6, 120)]
    public void A_backup_GPT_counts_where_no_cluster_is_in_use(int order, int at)
    {
        var header = FindingTests.Valid().WithField(HeaderFields.RefcountOrder, (ulong)order);
        var image = FindingTests.Image(header).With(0x10000, [0, 0, 0, 0, 0, 2, 0, 0]).With((1 << 20) - 512, "EFI PART"u8.ToArray());
        Assert.Equal("polyglot-gpt", Assert.Single(ImageCheck.Run(header, image).Findings).Rule);

        // Bit 15 of the first two bytes, bits 28 to 31 of the first four, and whole numbers.
        byte[] count = order switch { 0 => [0x80], 2 => [0x10], 3 => [1], 4 => [0, 1], _ => [0, 0, 0, 0, 0, 0, 0, 1] };
        Assert.Empty(ImageCheck.Run(header, image.With(0x20000 + at, count)).Findings);
    }

    [Theory]
    [InlineData(9, 0, true)]
    [InlineData(8, 0, false)]
    [InlineData(9, 1, false)]
    public void Bitmap_tables_that_are_not_looked_at_are_noted(uint count, uint flags, bool isNoted)
    {
        // The largest table in clusters of 512 bytes; eight of them are as many entries as are read. Those in use have none.
        byte[] directory = [.. Enumerable.Range(0, (int)count)
            .SelectMany(i => Records.Bitmap($"b{i}", tableSize: 1 << 20, flags: flags))];
        var header = FindingTests.Valid().WithField(HeaderFields.ClusterBits, 9).WithFeature(FeatureGroup.Autoclear, 0, set: true)
            .WithExtensionAdded(ExtensionMagic.Bitmaps, Records.BitmapExtension(count, (ulong)directory.Length, Table));

        var report = ImageCheck.Run(header, FindingTests.Image(header).With((long)Table, directory));

        Assert.Equal(isNoted ? ["the bitmaps' tables have 9437184 entries; those after the first 8388608 were not looked at"] : [],
            report.Findings.Where(f => f.Rule == "bitmap-tables-unread").Select(f => f.Sentence));
        Assert.DoesNotContain(report.Findings, f => f.Rule == "bitmaps-constraints");
    }

    [Fact]
    public void No_hint_deletes_snapshots()
    {
        var snapshots = Records.Snapshot("1", "a", new byte[24]);
        var bitmap = Records.Bitmap("bits", flags: 1);
        var header = FindingTests.Valid().WithField(HeaderFields.NbSnapshots, 1).WithField(HeaderFields.SnapshotOffset, Table)
            .WithFeature(FeatureGroup.Autoclear, 0, set: true).WithFeature(FeatureGroup.Incompatible, 60, set: true)
            .WithFeature(FeatureGroup.Incompatible, 1, set: true)
            .WithExtensionAdded(ExtensionMagic.Bitmaps, Records.BitmapExtension(1, (ulong)bitmap.Length, 0x50000));

        var report = ImageCheck.Run(header, FindingTests.Image(header).With((long)Table, snapshots).With(0x50000, bitmap));

        var hints = report.Findings.Select(f => FindingText.Command(f.Remedy, "a"u8))
            .Where(hint => hint?.Contains("check -r") == true).ToArray();
        const string Repair = "qcow2fs rm a extensions/0x23852875 && qemu-img check -r all a";
        Assert.Equal($"qcow2fs rm a features/incompatible/60 && {Repair}\n{Repair}", string.Join('\n', hints));
        Assert.Contains(report.Findings, f => f.Rule == "repair-deletes-snapshots");
    }

    [Fact]
    public void A_magic_is_proposed_only_for_what_has_lost_it()
    {
        Assert.Equal("magic", Check(FindingTests.Valid().WithRawBytes(0, [0])).Findings.Single().Rule);
        foreach (var file in new byte[][] { [], [.. "KDMV"u8, 0, 0, 0, 1], [.. "LUKS"u8, 0xba, 0xbe, 0, 1], new byte[1 << 20] })
        {
            var image = new MemoryImage(file.Length).With(0, file);
            var finding = Assert.Single(ImageCheck.Run(Header.Decode(file), image).Findings);
            Assert.StartsWith("format-", finding.Rule);
            Assert.Null(finding.Remedy);
        }
    }

    [Fact]
    public void What_cannot_be_read_does_not_pass()
    {
        var header = FindingTests.Valid();
        var report = ImageCheck.Run(header, new MemoryImage(1 << 20) { FailsFrom = 1 << 19 }.With(0, header.Bytes.ToArray()));
        Assert.Equal("unreadable", Assert.Single(report.Findings).Rule);
    }

    [Fact]
    public void A_data_file_has_no_protocol()
    {
        var header = FindingTests.Valid().WithFeature(FeatureGroup.Incompatible, 2, set: true)
            .WithExtension(ExtensionMagic.DataFile, "json:{}"u8);
        Assert.Equal("QEMU opens the data file 'json:{}', relative to the directory it is started in",
            Assert.Single(Check(header).Findings).Sentence);
    }

    private static CheckReport Check(Header header) => ImageCheck.Run(header, FindingTests.Image(header));
}
