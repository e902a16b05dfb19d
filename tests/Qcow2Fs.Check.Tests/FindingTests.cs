using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Mutants;
using Qcow2Fs.Tree;

namespace Qcow2Fs.Check.Tests;

public class FindingTests
{
    private const ulong Table = 0x40000;

    [Fact]
    public void A_sound_image_has_no_findings()
    {
        var report = Check(Valid());

        Assert.Empty(report.Findings);
        Assert.Equal((null, null, null), (report.Info, report.Read, report.Write));
    }

    [Theory]
    [InlineData("magic", 7ul, "error", "header/magic", "Image is not in qcow2 format",
        "qcow2fs write --force IMAGE header/magic 0x514649fb")]
    [InlineData("cluster_bits", 4294967295ul, "error", "header/cluster_bits", "Unsupported cluster size: 2^4294967295", null)]
    [InlineData("crypt_method", 4294967295ul, "error", "header/crypt_method", "Unsupported encryption method -1", null)]
    [InlineData("incompatible_features", 2ul, "error-rw", "features/incompatible/corrupt",
        "qcow2: Image is corrupt; cannot be opened read/write", "qemu-img check -r all IMAGE")]
    [InlineData("incompatible_features", 1ul << 60, "error", "features/incompatible/60",
        "Unsupported qcow2 feature(s): Unknown incompatible feature: 1000000000000000",
        "qcow2fs rm IMAGE features/incompatible/60 && qemu-img check -r all IMAGE")]
    [InlineData("incompatible_features", 1ul, "warning", "features/incompatible/dirty", null, "qemu-img check -r all IMAGE")]
    [InlineData("autoclear_features", 4ul, "warning", "features/autoclear/2", null, "qcow2fs rm IMAGE features/autoclear/2")]
    [InlineData("autoclear_features", 1ul, "warning", "features/autoclear/bitmaps", null, "qcow2fs rm IMAGE features/autoclear/bitmaps")]
    [InlineData("autoclear_features", 2ul, "error", "features/autoclear/raw_external_data",
        "data-file-raw requires a data file", "qcow2fs rm IMAGE features/autoclear/raw_external_data")]
    [InlineData("compatible_features", 2ul, "warning", "features/compatible/1", null, "qcow2fs rm IMAGE features/compatible/1")]
    [InlineData("size", 513ul, "warning", "header/size", "the size is not a multiple of 512; QEMU takes it as 512", null)]
    [InlineData("l1_table_offset", 0ul, "warning", "header/l1_table_offset", "the table overlaps the header", null)]
    [InlineData("refcount_table_offset", 1ul << 40, "warning", "header/refcount_table_offset",
        "the table lies past the end of the file; QEMU reads it as zeros", null)]
    [InlineData("crypt_method", 1ul, "warning", "header/crypt_method",
        "Use of AES-CBC encrypted qcow2 images is no longer supported in system emulators", null)]
    [InlineData("nb_snapshots", 65537ul, "error", "header/nb_snapshots", "Snapshot table too large", "qemu-img check -r all IMAGE")]
    public void A_field_earns_a_finding(string field, ulong value, string severity, string place, string? sentence, string? hint)
    {
        var report = Check(Poked(Valid(), HeaderFields.All.Find(field)!, value));

        var finding = Assert.Single(report.Findings, f => TreePath.Of(f.Subject) == place && f.Severity.ToText() == severity);
        Assert.Equal(hint, FindingText.Command(finding.Remedy, default));
        Assert.Equal(sentence ?? finding.Sentence, finding.Sentence);
    }

    [Fact]
    public void Each_independent_rule_reports_and_the_first_answers()
    {
        var report = Check(Valid().WithField(HeaderFields.RefcountOrder, 7).WithField(HeaderFields.L1Size, 0)
            .WithField(HeaderFields.CryptMethod, 3));

        Assert.Equal(["header/refcount_order", "header/l1_size", "header/crypt_method"],
            report.Findings.Select(f => TreePath.Of(f.Subject)));
        Assert.Equal("Reference count entry width too large; may not exceed 64 bits", report.Info);
    }

    [Fact]
    public void Unknown_features_are_named_by_the_table_and_each_has_its_place()
    {
        var report = Check(Valid().WithFeature(FeatureGroup.Incompatible, 9, set: true)
            .WithFeature(FeatureGroup.Incompatible, 63, set: true)
            .WithFeatureName(FeatureGroup.Incompatible, 9, "nine"u8));

        Assert.Equal("Unsupported qcow2 feature(s): nine, Unknown incompatible feature: 8000000000000000", report.Write);
        Assert.Equal(["features/incompatible/9", "features/incompatible/63"], report.Findings.Select(f => TreePath.Of(f.Subject)));
    }

    [Fact]
    public void Extensions_are_told_by_their_place_in_the_list()
    {
        var report = Check(Valid().WithExtensionAdded(ExtensionMagic.BackingFormat, "raw"u8)
            .WithExtensionAdded(ExtensionMagic.BackingFormat, "sixteen--letters"u8)
                .WithExtensionAdded(ExtensionMagic.CryptoHeader, new byte[16]));

        Assert.Equal(["extensions/0xe2792aca.2", "extensions/0x0537be77", "extensions/0xe2792aca.2"],
            report.Findings.Select(f => TreePath.Of(f.Subject)));
        Assert.Equal("ERROR: ext_backing_format: len=16 too large (>=16)", report.Info);
        Assert.Equal("qcow2fs rm IMAGE extensions/0xe2792aca.2", FindingText.Command(report.Findings[0].Remedy, default));
    }

    [Fact]
    public void A_list_without_an_end_is_malformed()
    {
        var bytes = Valid().WithExtensionAdded(0x12345678, new byte[8]).Bytes.ToArray();
        bytes[116] = 0xff;

        var finding = Check(Header.Decode(bytes)).Findings.Single();
        Assert.Equal((Severity.Error, "extensions/malformed", "Header extension too large", "qcow2fs rm IMAGE extensions/malformed"),
            (finding.Severity, TreePath.Of(finding.Subject), finding.Sentence, FindingText.Command(finding.Remedy, default)));
    }

    [Theory]
    [InlineData("base.img", "QEMU opens the backing file 'base.img'")]
    [InlineData("json:{}", "QEMU opens the backing file 'json:{}', a json: description that can name any driver and file")]
    [InlineData("nbd:x", "QEMU opens the backing file 'nbd:x', by the protocol 'nbd'")]
    [InlineData("a/b:c", "QEMU opens the backing file 'a/b:c'")]
    public void A_backing_file_is_a_reference(string name, string sentence)
    {
        var report = Check(Valid().WithBackingFile(Encoding.UTF8.GetBytes(name)).WithBackingFormat("raw"u8));

        Assert.Equal(new Finding("backing-file", Severity.Reference, new Subject.BackingFile(), sentence), Assert.Single(report.Findings));
        Assert.Null(report.Write);
    }

    [Fact]
    public void A_data_file_is_a_reference_and_a_missing_name_an_error()
    {
        var header = Valid().WithFeature(FeatureGroup.Incompatible, 2, set: true);

        Assert.Equal((null, "'data-file' is required for this image"), (Check(header).Info, Check(header).Read));
        var finding = Assert.Single(Check(header.WithExtension(ExtensionMagic.DataFile, "d.raw"u8)).Findings);
        Assert.Equal((Severity.Reference, "data_file"), (finding.Severity, TreePath.Of(finding.Subject)));
    }

    [Fact]
    public void A_crash_is_marked()
    {
        var header = Valid().WithField(HeaderFields.CryptMethod, 2);
        var report = ImageCheck.Run(header, Image(header), qemu: QemuVersion.V91);

        Assert.StartsWith(CheckReport.CrashMark, report.Info);
        Assert.Equal("Missing CRYPTO header for crypt method 2", report.Read);
    }

    [Fact]
    public void Snapshots_and_bitmaps_are_told_by_number_and_name()
    {
        byte[] entry = [.. Records.Snapshot("1", "a", new byte[24]), .. Records.Snapshot("1", "b")];
        var bitmap = Records.Bitmap("bits", flags: 1);
        var header = Valid().WithField(HeaderFields.NbSnapshots, 2).WithField(HeaderFields.SnapshotOffset, Table)
            .WithExtensionAdded(ExtensionMagic.Bitmaps, Records.BitmapExtension(1, (ulong)bitmap.Length, 0x50000))
            .WithFeature(FeatureGroup.Autoclear, 0, set: true);

        var report = ImageCheck.Run(header, Image(header).With((long)Table, entry).With(0x50000, bitmap));

        Assert.Equal(["snapshots/1", "snapshots/1", "extensions/0x23852875", "bitmaps/bits"],
            report.Findings.Select(f => TreePath.Of(f.Subject)));
        var bits = report.Findings[^1];
        Assert.Equal("qemu-img bitmap --remove IMAGE bits", FindingText.Command(bits.Remedy, default));
        Assert.Null(report.Write);
    }

    [Fact]
    public void A_disk_that_fails_answers_as_QEMU_does()
    {
        var header = Valid().WithField(HeaderFields.NbSnapshots, 1).WithField(HeaderFields.SnapshotOffset, Table);

        var report = ImageCheck.Run(header, new MemoryImage(1 << 20) { FailsFrom = 1 << 16 });

        Assert.Equal("Failed to read snapshot table: Input/output error", report.Info);
    }

    [Fact]
    public void A_file_that_ends_in_its_first_cluster_is_read_as_zeros() =>
        Assert.Empty(ImageCheck.Run(Header.Decode(Valid().Bytes.Span[..112]), new MemoryImage(1 << 20)).Findings);

    internal static Header Valid() =>
        Records.Header((HeaderFields.Size, 1 << 20), (HeaderFields.L1Size, 1), (HeaderFields.L1TableOffset, 0x30000),
            (HeaderFields.RefcountTableOffset, 0x10000), (HeaderFields.RefcountTableClusters, 1));

    internal static MemoryImage Image(Header header) => new MemoryImage(1 << 20).With(0, header.Bytes.ToArray());

    private static Header Poked(Header header, Field field, ulong value)
    {
        var bytes = header.Bytes.ToArray();
        field.Write(bytes, value);
        return Header.Decode(bytes);
    }

    private static CheckReport Check(Header header) => ImageCheck.Run(header, Image(header));
}
