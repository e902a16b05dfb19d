using BenchmarkDotNet.Attributes;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Codec.Json;

namespace Qcow2Fs.Micro;

/// <summary>Header to header, on a header with a backing file: each edit returns a new one with its own 64 KiB, decoded.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class EditBenchmarks
{
    private const uint OddMagic = 0xcafe;

    // What qemu-img writes: the backing format is first, the feature name table second.
    private const int FormatIndex = 0;

    private readonly Header _header = Samples.Overlay();
    private readonly Header _version2 = Samples.Overlay().WithField(HeaderFields.Version, 2);
    private readonly Header _interrupted = Samples.Overlay().WithExtensionAdded(ExtensionMagic.Skip, new byte[64]);
    private readonly Header _malformed = Malformed();
    private readonly HeaderDocument _document =
        HeaderDocument.Read(HeaderDocument.Write(Samples.Overlay().WithField(HeaderFields.Size, 1 << 20)));

    [Benchmark(Description = "edit: set a field")]
    public Header Field() => _header.WithField(HeaderFields.Size, 1 << 20);

    [Benchmark(Description = "edit: set a field to the value it has")]
    public Header SameField() => _header.WithField(HeaderFields.Size, _header[HeaderFields.Size]);

    [Benchmark(Description = "edit: version 3 to 2")]
    public Header Downgrade() => _header.WithField(HeaderFields.Version, 2);

    [Benchmark(Description = "edit: version 2 to 3")]
    public Header Upgrade() => _version2.WithField(HeaderFields.Version, 3);

    [Benchmark(Description = "edit: header_length")]
    public Header HeaderLength() => _header.WithField(HeaderFields.HeaderLength, 120);

    [Benchmark(Description = "edit: set a feature bit")]
    public Header Feature() => _header.WithFeature(FeatureGroup.Incompatible, 63, set: true);

    [Benchmark(Description = "edit: name a feature bit")]
    public Header FeatureName() => _header.WithFeatureName(FeatureGroup.Incompatible, 63, "future thing"u8);

    [Benchmark(Description = "edit: add an extension")]
    public Header Add() => _header.WithExtensionAdded(OddMagic, "any bytes"u8);

    [Benchmark(Description = "edit: replace an extension, same length")]
    public Header ReplaceSame() => _header.WithExtensionData(FormatIndex, "qed"u8);

    [Benchmark(Description = "edit: replace an extension, longer")]
    public Header ReplaceLonger() => _header.WithExtensionData(FormatIndex, "host_device"u8);

    [Benchmark(Description = "edit: replace the last extension of a magic")]
    public Header ReplaceLast() => _header.WithExtension(ExtensionMagic.BackingFormat, "qcow2"u8);

    [Benchmark(Description = "edit: rename an extension")]
    public Header Rename() => _header.WithExtensionMagic(FormatIndex, OddMagic);

    [Benchmark(Description = "edit: remove an extension")]
    public Header Remove() => _header.WithoutExtension(FormatIndex);

    [Benchmark(Description = "edit: remove all extensions of a magic")]
    public Header RemoveAll() => _header.WithoutExtensions(ExtensionMagic.BackingFormat);

    [Benchmark(Description = "edit: remove the rest of a malformed list")]
    public Header RemoveRest() => _malformed.WithoutMalformedRest();

    [Benchmark(Description = "edit: tidy up, nothing to do")]
    public Header TidyNothing() => _header.WithoutSkip();

    [Benchmark(Description = "edit: tidy up after a crash")]
    public Header Tidy() => _interrupted.WithoutSkip();

    [Benchmark(Description = "edit: set the backing file")]
    public Header Name() => _header.WithBackingFile("/pool/base.img"u8);

    [Benchmark(Description = "edit: remove the backing file")]
    public Header RemoveName() => _header.WithoutBackingFile();

    [Benchmark(Description = "edit: set the backing format")]
    public Header Format() => _header.WithBackingFormat("qcow2"u8);

    [Benchmark(Description = "edit: poke bytes")]
    public Header Poke() => _header.WithRawBytes(4096, "any bytes"u8);

    [Benchmark(Description = "edit: apply a JSON document that changes one field")]
    public Header Document() => _header.WithDocument(_document);

    // The first extension claims more than there is.
    private static Header Malformed() => Samples.Overlay().WithRawBytes(HeaderFields.Version3Length + 4, [0xff, 0xff, 0xff, 0xff]);
}
