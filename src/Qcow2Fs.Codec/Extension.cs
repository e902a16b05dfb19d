using System.Buffers.Binary;

namespace Qcow2Fs.Codec;

/// <summary>Where one header extension lies in the first cluster.</summary>
/// <param name="Magic">What it is; see <see cref="ExtensionMagic"/>.</param>
/// <param name="Offset">Offset of its 8-byte entry header.</param>
/// <param name="Length">Bytes of payload, without padding.</param>
public readonly record struct Extension(uint Magic, int Offset, int Length)
{
    /// <summary>Bytes of an entry's own header: magic and length.</summary>
    public const int EntryHeaderSize = 8;

    /// <summary>Offset of the payload.</summary>
    public int DataOffset => Offset + EntryHeaderSize;

    /// <summary>Offset of the first byte behind the payload.</summary>
    public int DataEnd => DataOffset + Length;

    /// <summary>Bytes that an entry with so much payload takes in the list: header, payload, padding to 8.</summary>
    public static long Footprint(long length) => EntryHeaderSize + Align.To8(length);

    /// <summary>An entry as it lies in the list: magic, length, payload, padding of zeros.</summary>
    internal static byte[] Encode(uint magic, ReadOnlySpan<byte> data)
    {
        var entry = new byte[Footprint(data.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(entry, magic);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(4), (uint)data.Length);
        data.CopyTo(entry.AsSpan(EntryHeaderSize));
        return entry;
    }
}
