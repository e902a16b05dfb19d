using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Tree;

namespace Qcow2Fs.Check.Tests;

public class WarningTests
{
    public static TheoryData<string, string, string?> Rows => new()
    {
        { "length", "header/header_length", null },
        { "padding", "header.bin", null },
        { "twice", "extensions/0x12345678.2", "qcow2fs rm IMAGE extensions/0x12345678.2" },
        { "dropped-bitmaps", "extensions/0x23852875", "qemu-img check -r all IMAGE" },
        { "ignored-data-file", "data_file", "qcow2fs write IMAGE features/incompatible/external_data_file ''" },
        { "cut-format", "backing_format", null },
        { "cut-name", "backing_file", null },
        { "feature-table", "extensions/0x6803f857", null },
        { "no-format", "backing_file", "qcow2fs write IMAGE extensions/0xe2792aca FORMAT" },
        { "name-in-header", "header/backing_file_offset", null },
        { "no-end-marker", "header/backing_file_offset", null },
        { "full", "extensions", null },
        { "raw-with-backing", "features/autoclear/raw_external_data", "qcow2fs rm IMAGE features/autoclear/raw_external_data" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_broken_rule_of_the_specification_is_a_warning(string kind, string place, string? hint)
    {
        var header = Broken(kind);

        var report = ImageCheck.Run(header, FindingTests.Image(header));

        var finding = Assert.Single(report.Findings, f => f.Severity == Severity.Warning);
        Assert.Equal((place, hint), (TreePath.Of(finding.Subject), FindingText.Command(finding.Remedy, default)));
        Assert.Null(report.Write);
    }

    private static Header Broken(string kind)
    {
        var sound = FindingTests.Valid();
        return kind switch
        {
            "length" => sound.WithField(HeaderFields.HeaderLength, 113),
            "padding" => sound.WithRawBytes(107, [1]),
            "twice" => sound.WithExtensionAdded(0x12345678, []).WithExtensionAdded(0x12345678, []),
            "dropped-bitmaps" => sound.WithExtensionAdded(ExtensionMagic.Bitmaps, new byte[24]),
            "ignored-data-file" => sound.WithExtensionAdded(ExtensionMagic.DataFile, "d"u8),
            "cut-format" => sound.WithExtensionAdded(ExtensionMagic.BackingFormat, "raw\0"u8),
            "cut-name" => sound.WithBackingFile("a\0b"u8).WithBackingFormat("raw"u8),
            "feature-table" => sound.WithExtensionAdded(ExtensionMagic.FeatureTable, new byte[47]),
            "no-format" => sound.WithBackingFile("a"u8),
            "name-in-header" => sound.WithRawBytes(8, [0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]),
            "no-end-marker" => sound.WithBackingFormat("raw"u8).WithRawBytes(8, [0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 1])
            .WithRawBytes(128, "a"u8),
            "full" => sound.WithExtensionAdded(0x12345678, new byte[65200]),
            _ => sound.WithFeature(FeatureGroup.Incompatible, 2, set: true).WithFeature(FeatureGroup.Autoclear, 1, set: true)
                .WithExtensionAdded(ExtensionMagic.DataFile, "d"u8).WithBackingFormat("raw"u8).WithBackingFile("b"u8),
        };
    }
}
