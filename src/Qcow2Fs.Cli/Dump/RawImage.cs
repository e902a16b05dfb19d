namespace Qcow2Fs.Cli.Dump;

/// <summary>
/// An image as a dump sees it: bytes at offsets. The first cluster is that of one instant; what lies behind is read when it
/// is asked for. Bytes past the end of the file are zeros, as QEMU has it.
/// </summary>
internal sealed class RawImage(ImageFile file)
{
    private readonly ReadOnlyMemory<byte> _start = file.ReadHeader().Bytes;

    /// <summary>Set when the file ends before a bitmap directory or a bitmap table does.</summary>
    public bool IsCutOff { get; set; }

    public ulong Length { get; } = (ulong)file.Length();

    /// <summary>The first cluster.</summary>
    public ReadOnlySpan<byte> Start => _start.Span;

    /// <summary>How many of so many bytes at that offset the file has.</summary>
    public ulong Available(ulong offset, ulong count) => offset < Length ? Math.Min(count, Length - offset) : 0;

    public void Read(ulong offset, Span<byte> buffer)
    {
        if (offset <= (ulong)Start.Length && (ulong)buffer.Length <= (ulong)Start.Length - offset)
        {
            Start.Slice((int)offset, buffer.Length).CopyTo(buffer);
            return;
        }

        var read = offset < Length ? file.Read((long)offset, buffer) : 0;
        buffer[read..].Clear();
    }

    /// <summary>The bytes at that offset; for a few.</summary>
    public byte[] Read(ulong offset, int count)
    {
        var bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>As many bytes as the file has of those, in pieces that do not depend on a number in the image.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Chunks(ulong offset, ulong count)
    {
        var left = Available(offset, count);
        var chunk = new byte[Math.Min(left, 1 << 16)];
        while (left > 0)
        {
            var part = chunk.AsMemory(0, (int)Math.Min(left, (ulong)chunk.Length));
            Read(offset, part.Span);
            yield return part;
            offset += (ulong)part.Length;
            left -= (ulong)part.Length;
        }
    }
}
