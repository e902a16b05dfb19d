using System.Buffers.Binary;

namespace Qcow2Fs.Codec.Tables;

/// <summary>One entry of the bitmap directory. Its numbers are in memory; name, extra data and table are read when asked for.</summary>
public sealed class BitmapEntry
{
    private readonly ImageReader _image;
    private readonly byte[] _fixed;

    /// <summary>Decodes the entry at that offset.</summary>
    /// <param name="image">The image; its window holds the fixed fields at least.</param>
    /// <param name="index">The entry's index in the directory.</param>
    /// <param name="offset">Where it starts in the image file.</param>
    public BitmapEntry(ImageReader image, int index, long offset)
    {
        _image = image;
        _fixed = image.Peek(offset, BitmapFields.FixedSize).ToArray();
        Index = index;
        Offset = offset;
    }

    /// <summary>The entry's index in the directory, from 0 on.</summary>
    public int Index { get; }

    /// <summary>Where the entry starts in the image file.</summary>
    public long Offset { get; }

    /// <summary>Bytes of the entry, with the padding behind it.</summary>
    public long Size => Align.To8(BitmapFields.FixedSize + (long)this[BitmapFields.ExtraDataSize] + (long)this[BitmapFields.NameSize]);

    /// <summary>Whether the bitmap was not stored by its last user, so that its bits are not valid.</summary>
    public bool IsInUse => (this[BitmapFields.Flags] & 1) != 0;

    /// <summary>The field's value.</summary>
    public ulong this[Field field] => field.Read(_fixed);

    /// <summary>The name's bytes.</summary>
    public byte[] ReadName() => Read(BitmapFields.FixedSize + (long)this[BitmapFields.ExtraDataSize], (int)this[BitmapFields.NameSize]);

    /// <summary>The extra data, cut after <see cref="Limits.ExtraData"/> bytes.</summary>
    public byte[] ReadExtraData() => Read(BitmapFields.FixedSize, (int)Math.Min(this[BitmapFields.ExtraDataSize], Limits.ExtraData));

    /// <summary>The bitmap's table, read while it is enumerated, to the end of the file; beyond it, entries are zero.</summary>
    public IEnumerable<BitmapTableEntry> ReadTable()
    {
        var offset = this[BitmapFields.TableOffset];
        var inFile = offset < (ulong)_image.Length ? Align.To8(_image.Length - (long)offset) / 8 : 0;
        var count = Math.Min((long)this[BitmapFields.TableSize], inFile);
        var table = _image.ForTable(8 * count);
        for (var i = 0L; i < count; i++)
        {
            yield return new(BinaryPrimitives.ReadUInt64BigEndian(table.Peek((long)offset + (8 * i), 8)));
        }
    }

    // The sizes that come here are at most 64 KiB: a two-byte field, and the limit above.
    private byte[] Read(long at, int size)
    {
        var bytes = new byte[size];
        _image.Read(Offset + at, bytes);
        return bytes;
    }
}
