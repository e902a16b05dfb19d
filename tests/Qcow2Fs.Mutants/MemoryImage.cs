using Qcow2Fs.Codec;

namespace Qcow2Fs.Mutants;

/// <summary>An image of chosen bytes at chosen offsets, zeros elsewhere, as long as a test wants. Counts what is read.</summary>
public sealed class MemoryImage(long length) : IImageBytes
{
    private readonly SortedList<long, byte[]> _parts = [];

    public long Length { get; } = length;

    public long BytesRead { get; private set; }

    /// <summary>From where on reading fails.</summary>
    public long FailsFrom { get; init; } = long.MaxValue;

    public MemoryImage With(long offset, byte[] part)
    {
        _parts[offset] = part;
        return this;
    }

    public int Read(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset + buffer.Length > FailsFrom)
        {
            throw new IOException("test");
        }

        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        buffer = buffer[..count];
        buffer.Clear();
        foreach (var (start, part) in _parts)
        {
            var from = Math.Max(start, offset);
            var to = Math.Min(start + part.Length, offset + count);
            if (from < to)
            {
                part.AsSpan((int)(from - start), (int)(to - from)).CopyTo(buffer[(int)(from - offset)..]);
            }
        }

        BytesRead += count;
        return count;
    }
}
