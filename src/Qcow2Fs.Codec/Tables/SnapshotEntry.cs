namespace Qcow2Fs.Codec.Tables;

/// <summary>One entry of the snapshot table. Its numbers are in memory; its strings and extra data are read when asked for.</summary>
public sealed class SnapshotEntry
{
    private readonly ImageReader _image;
    private readonly byte[] _known;

    /// <summary>Decodes the entry at that offset.</summary>
    /// <param name="image">The image; its window holds the known fields at least.</param>
    /// <param name="index">The entry's index in the table.</param>
    /// <param name="offset">Where it starts in the image file.</param>
    public SnapshotEntry(ImageReader image, int index, long offset)
    {
        _image = image;
        _known = image.Peek(offset, SnapshotFields.KnownSize).ToArray();
        Index = index;
        Offset = offset;
    }

    /// <summary>The entry's index in the table, from 0 on.</summary>
    public int Index { get; }

    /// <summary>Where the entry starts in the image file.</summary>
    public long Offset { get; }

    /// <summary>Bytes of the entry, without the padding behind it.</summary>
    public long Size => SnapshotFields.FixedSize + ExtraDataSize + (long)this[SnapshotFields.IdSize] + (long)this[SnapshotFields.NameSize];

    /// <summary>Bytes of extra data by the entry; not checked.</summary>
    public uint ExtraDataSize => (uint)SnapshotFields.ExtraDataSize.Read(_known);

    /// <summary>The field's value; 0 if the entry lacks it.</summary>
    public ulong this[Field field] => Has(field) ? field.Read(_known) : 0;

    /// <summary>Whether the entry has the field: those of the extra data exist only where that is long enough.</summary>
    public bool Has(Field field) => field.End <= SnapshotFields.FixedSize || field.End - SnapshotFields.FixedSize <= ExtraDataSize;

    /// <summary>The id's bytes.</summary>
    public byte[] ReadId() => Read(SnapshotFields.FixedSize + ExtraDataSize, (int)this[SnapshotFields.IdSize]);

    /// <summary>The name's bytes.</summary>
    public byte[] ReadName() =>
        Read(SnapshotFields.FixedSize + ExtraDataSize + (long)this[SnapshotFields.IdSize], (int)this[SnapshotFields.NameSize]);

    /// <summary>The extra data, with what is decoded into fields; cut after <see cref="Limits.ExtraData"/> bytes.</summary>
    public byte[] ReadExtraData() => Read(SnapshotFields.FixedSize, (int)Math.Min(ExtraDataSize, Limits.ExtraData));

    // The sizes that come here are at most 64 KiB: two-byte fields, and the limit above.
    private byte[] Read(long at, int size)
    {
        var bytes = new byte[size];
        _image.Read(Offset + at, bytes);
        return bytes;
    }
}
