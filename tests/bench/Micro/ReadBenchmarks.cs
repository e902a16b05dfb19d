using BenchmarkDotNet.Attributes;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;
using Qcow2Fs.Tree;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Micro;

/// <summary>Looking at an image file that nobody changes: what the requests of a mount cost without FUSE.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class ReadBenchmarks
{
    private readonly string _path = Path.GetTempFileName();
    private readonly byte[] _buffer = new byte[4096];
    private readonly byte[] _used;
    private readonly ImageFile _image;
    private readonly Header _known;
    private readonly ImageTree _tree;
    private readonly FileHandle _handle;

    public ReadBenchmarks()
    {
        File.WriteAllBytes(_path, Samples.Overlay().Bytes.ToArray());
        _image = ImageFile.At(_path);
        _known = _image.ReadHeader();
        _used = _known.Bytes[.._known.UsedLength].ToArray();
        _tree = new(_image);
        _handle = _tree.Open("header/size"u8, write: false, truncate: false)!;
    }

    [Benchmark(Description = "read: compare what a header uses")]
    public bool Compare() => _used.AsSpan().SequenceEqual(_known.Bytes.Span[.._known.UsedLength]);

    [Benchmark(Description = "read: the header of a file, unchanged")]
    public Header Unchanged() => _image.ReadHeader(_known);

    [Benchmark(Description = "read: the header of a file, for the first time")]
    public Header Unknown() => _image.ReadHeader();

    [Benchmark(Description = "read: stat of a field, without FUSE")]
    public NodeStatus? Stat() => _tree.Stat("header/size"u8);

    [Benchmark(Description = "read: open and close of a field, without FUSE")]
    public FileHandle Open()
    {
        var handle = _tree.Open("header/size"u8, write: false, truncate: false)!;
        handle.Release();
        return handle;
    }

    [Benchmark(Description = "read: read of an open field, without FUSE")]
    public int Read() => _handle.Read(0, _buffer);

    [GlobalCleanup]
    public void Clean()
    {
        _handle.Release();
        _image.Dispose();
        File.Delete(_path);
    }
}
