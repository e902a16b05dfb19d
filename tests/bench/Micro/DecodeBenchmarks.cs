using BenchmarkDotNet.Attributes;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Micro;

/// <summary>
/// Bytes to header. A header keeps a copy of the whole cluster; without that copy what is left is the work itself: the
/// fields that place the list, and the list.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class DecodeBenchmarks
{
    private readonly byte[] _usual = Samples.Usual().Bytes.ToArray();
    private readonly byte[] _overlay = Samples.Overlay().Bytes.ToArray();
    private readonly byte[] _crowded = Samples.Crowded();
    private readonly Header _header = Samples.Overlay();

    [GlobalSetup]
    public void Check()
    {
        // Of a list that breaks early the numbers would be wonderful.
        if (Header.FromOwned(_crowded).Extensions is not { Items.Length: Samples.ManyExtensions, IsMalformed: false })
        {
            throw new InvalidOperationException("the crowded cluster does not decode");
        }
    }

    [Benchmark(Description = "decode: usual header")]
    public Header Usual() => Header.FromOwned(_usual);

    [Benchmark(Description = "decode: with a backing file and its format")]
    public Header Overlay() => Header.FromOwned(_overlay);

    [Benchmark(Description = "decode: usual header, and the copy of its 64 KiB")]
    public Header UsualCopied() => Header.Decode(_usual);

    [Benchmark(Description = "that copy alone")]
    public byte[] Copy() => _usual.AsSpan().ToArray();

    [Benchmark(Description = "decode: 262,000 extensions in 2 MiB")]
    public Header Crowded() => Header.FromOwned(_crowded);

    [Benchmark(Description = "decode: 262,000 extensions, and the copy of 2 MiB")]
    public Header CrowdedCopied() => Header.Decode(_crowded);

    [Benchmark(Description = "encode")]
    public ReadOnlyMemory<byte> Encode() => _header.Bytes;
}
