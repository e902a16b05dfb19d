using Qcow2Fs.Codec;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>An image in memory that counts what is read of it.</summary>
internal sealed class MemoryImage(byte[] bytes) : IImageBytes
{
    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    public long Length => bytes.Length;

    public int Read(long offset, Span<byte> buffer)
    {
        var count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
        bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(buffer);
        BytesRead += count;
        return count;
    }

    /// <summary>What a search finds in it.</summary>
    public RescueResult Search(RescueOptions? options = null) =>
        RescueSearch.Run(
            this, Header.Decode(bytes.AsSpan(0, Math.Min(bytes.Length, Header.MaxClusterSize))), options ?? new(), (_, _) => { });
}
