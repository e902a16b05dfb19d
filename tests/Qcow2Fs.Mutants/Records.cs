using System.Buffers.Binary;
using System.Text;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Mutants;

/// <summary>Builds the bytes of headers, snapshot entries and bitmap directory entries.</summary>
public static class Records
{
    public static Header Header(params (Field Field, ulong Value)[] values)
    {
        var bytes = new byte[1 << 16];
        HeaderFields.Magic.Write(bytes, 0x514649fb);
        HeaderFields.Version.Write(bytes, 3);
        HeaderFields.ClusterBits.Write(bytes, 16);
        HeaderFields.HeaderLength.Write(bytes, 112);
        HeaderFields.RefcountOrder.Write(bytes, 4);
        foreach (var (field, value) in values)
        {
            field.Write(bytes, value);
        }

        return Codec.Header.Decode(bytes);
    }

    public static byte[] Snapshot(string id, string name, byte[]? extra = null, uint? extraSize = null)
    {
        extra ??= [];
        var entry = new byte[SnapshotFields.FixedSize];
        BinaryPrimitives.WriteUInt64BigEndian(entry, 0x50000);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(8), 1);
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(12), (ushort)id.Length);
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(14), (ushort)name.Length);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(16), 1700000000);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(36), extraSize ?? (uint)extra.Length);
        return Padded([.. entry, .. extra, .. Encoding.Latin1.GetBytes(id + name)]);
    }

    public static byte[] Bitmap(string name, ulong table = 0x60000, uint tableSize = 1, uint flags = 0, byte granularity = 16,
        uint extra = 0, byte type = 1)
    {
        var entry = new byte[BitmapFields.FixedSize];
        BinaryPrimitives.WriteUInt64BigEndian(entry, table);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(8), tableSize);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(12), flags);
        entry[16] = type;
        entry[17] = granularity;
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(18), (ushort)name.Length);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(20), extra);
        return Padded([.. entry, .. new byte[Math.Min(extra, 4096)], .. Encoding.Latin1.GetBytes(name)]);
    }

    public static byte[] BitmapExtension(uint count, ulong size, ulong offset, uint reserved = 0)
    {
        var bytes = new byte[BitmapExtensionFields.Size];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, count);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), reserved);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), size);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), offset);
        return bytes;
    }

    private static byte[] Padded(byte[] bytes)
    {
        Array.Resize(ref bytes, (bytes.Length + 7) & ~7);
        return bytes;
    }
}
