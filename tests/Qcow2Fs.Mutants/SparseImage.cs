using Qcow2Fs.Codec;

namespace Qcow2Fs.Mutants;

/// <summary>
/// An image in memory that costs only the blocks that are not zero, so that gigabytes of nothing can be mutated and saved.
/// </summary>
public sealed class SparseImage : IImageBytes
{
    private const int BlockSize = 4096;

    private readonly Dictionary<long, byte[]> _blocks;
    private readonly HashSet<long> _own = [];

    private SparseImage(Dictionary<long, byte[]> blocks, long length)
    {
        _blocks = blocks;
        Length = length;
    }

    public long Length { get; private set; }

    public static SparseImage Load(string path)
    {
        using var file = File.OpenRead(path);
        var blocks = new Dictionary<long, byte[]>();
        var block = new byte[BlockSize];
        for (var at = 0L; file.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false) is > 0 and var n; at += n)
        {
            block.AsSpan(n).Clear();
            if (block.AsSpan().ContainsAnyExcept((byte)0))
            {
                blocks[at / BlockSize] = [.. block];
            }
        }

        return new(blocks, file.Length);
    }

    /// <summary>An image that has these bytes.</summary>
    public static SparseImage Of(ReadOnlySpan<byte> bytes)
    {
        var image = new SparseImage([], 0);
        image.Write(0, bytes);
        return image;
    }

    /// <summary>A copy whose changes stay its own.</summary>
    public SparseImage Clone() => new(new(_blocks), Length);

    public int Read(long offset, Span<byte> buffer)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var start = (int)((offset + done) % BlockSize);
            var part = buffer.Slice(done, Math.Min(count - done, BlockSize - start));
            if (_blocks.TryGetValue((offset + done) / BlockSize, out var block))
            {
                block.AsSpan(start, part.Length).CopyTo(part);
            }
            else
            {
                part.Clear();
            }

            done += part.Length;
        }

        return count;
    }

    public byte[] Read(long offset, int count)
    {
        var bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        Length = Math.Max(Length, offset + bytes.Length);
        for (var done = 0; done < bytes.Length;)
        {
            var start = (int)((offset + done) % BlockSize);
            var part = bytes.Slice(done, Math.Min(bytes.Length - done, BlockSize - start));
            part.CopyTo(Own((offset + done) / BlockSize).AsSpan(start));
            done += part.Length;
        }
    }

    public void Truncate(long length)
    {
        if (length < Length)
        {
            foreach (var number in _blocks.Keys.Where(number => (number + 1) * BlockSize > length).ToArray())
            {
                Own(number).AsSpan((int)Math.Max(0, length - (number * BlockSize))).Clear();
            }
        }

        Length = length;
    }

    public void Save(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.SetLength(Length);
        foreach (var (number, block) in _blocks.Where(b => b.Key * BlockSize < Length))
        {
            file.Position = number * BlockSize;
            file.Write(block.AsSpan(0, (int)Math.Min(BlockSize, Length - file.Position)));
        }
    }

    private byte[] Own(long number)
    {
        if (_own.Add(number))
        {
            _blocks[number] = _blocks.TryGetValue(number, out var block) ? [.. block] : new byte[BlockSize];
        }

        return _blocks[number];
    }
}
