namespace Qcow2Fs.Codec.Tables;

/// <summary>One entry of a table elsewhere in the image. Its numbers are in memory; names and extra data are read when asked for.</summary>
public abstract class TableEntry
{
    private readonly byte[] _known;

    private protected TableEntry(ImageReader image, int index, long offset, int knownSize)
    {
        Image = image;
        Index = index;
        Offset = offset;
        _known = image.Peek(offset, knownSize).ToArray();
    }

    /// <summary>The entry's index in the table, from 0 on.</summary>
    public int Index { get; }

    /// <summary>Where the entry starts in the image file.</summary>
    public long Offset { get; }

    /// <summary>The field's value; 0 if the entry lacks it.</summary>
    public ulong this[Field field] => Has(field) ? field.Read(_known) : 0;

    private protected ImageReader Image { get; }

    /// <summary>Whether the entry has the field.</summary>
    public virtual bool Has(Field field) => true;

    // The sizes that come here are at most 64 KiB: two-byte fields, and Limits.ExtraData.
    private protected byte[] Read(long at, ulong size)
    {
        var bytes = new byte[size];
        Image.Read(Offset + at, bytes);
        return bytes;
    }
}

/// <summary>One entry of the bitmap directory. The window of its reader holds the fixed fields at least.</summary>
public sealed class BitmapEntry(ImageReader image, int index, long offset) : TableEntry(image, index, offset, BitmapFields.FixedSize)
{
    /// <summary>Bytes of the entry, with the padding after it.</summary>
    public long Size => Align.To8(NameOffset + (long)this[BitmapFields.NameSize]);

    /// <summary>Whether the bitmap was not stored by its last user, so that its bits are not valid.</summary>
    public bool IsInUse => (this[BitmapFields.Flags] & 1) != 0;

    private long NameOffset => BitmapFields.FixedSize + (long)this[BitmapFields.ExtraDataSize];

    /// <summary>The name's bytes.</summary>
    public byte[] ReadName() => Read(NameOffset, this[BitmapFields.NameSize]);

    /// <summary>The extra data, cut after <see cref="Limits.ExtraData"/> bytes.</summary>
    public byte[] ReadExtraData() => Read(BitmapFields.FixedSize, Math.Min(this[BitmapFields.ExtraDataSize], Limits.ExtraData));

    /// <summary>The bitmap's table, read while it is enumerated, to the end of the file; beyond it, entries are zero.</summary>
    public IEnumerable<BitmapTableEntry> ReadTable()
    {
        var offset = this[BitmapFields.TableOffset];
        var inFile = offset < (ulong)Image.Length ? Align.To8(Image.Length - (long)offset) / 8 : 0;
        var count = Math.Min((long)this[BitmapFields.TableSize], inFile);
        var table = Image.ForTable(8 * count);
        for (var i = 0L; i < count; i++)
        {
            yield return new(BinaryPrimitives.ReadUInt64BigEndian(table.Peek((long)offset + (8 * i), 8)));
        }
    }
}

/// <summary>
/// One entry of a bitmap's table: where a cluster of bits lies, or whether its bits are all ones (specification, "Bitmap table").
/// </summary>
public readonly record struct BitmapTableEntry(ulong Value)
{
    private const ulong OffsetMask = 0x00fffffffffffe00;
    private const ulong AllOnesMask = 1;

    /// <summary>The offset of the cluster of bits; 0 if there is none.</summary>
    public ulong Offset => Value & OffsetMask;

    /// <summary>Whether bit 0 is set: the bits are all ones. Allowed only without a cluster.</summary>
    public bool IsAllOnes => (Value & AllOnesMask) != 0;

    /// <summary>The reserved bits, which must be 0.</summary>
    public ulong Reserved => Value & ~(OffsetMask | AllOnesMask);
}

/// <summary>One entry of the snapshot table. The window of its reader holds the known fields at least.</summary>
public sealed class SnapshotEntry(ImageReader image, int index, long offset) : TableEntry(image, index, offset, SnapshotFields.KnownSize)
{
    /// <summary>Bytes of the entry, without the padding after it.</summary>
    public long Size => NameOffset + (long)this[SnapshotFields.NameSize];

    /// <summary>Bytes of extra data by the entry; not checked.</summary>
    public uint ExtraDataSize => (uint)this[SnapshotFields.ExtraDataSize];

    private long IdOffset => SnapshotFields.FixedSize + ExtraDataSize;

    private long NameOffset => IdOffset + (long)this[SnapshotFields.IdSize];

    /// <summary>Whether the entry has the field: those of the extra data exist only where that is long enough.</summary>
    public override bool Has(Field field) => field.End <= SnapshotFields.FixedSize || field.End - SnapshotFields.FixedSize <= ExtraDataSize;

    /// <summary>The id's bytes.</summary>
    public byte[] ReadId() => Read(IdOffset, this[SnapshotFields.IdSize]);

    /// <summary>The name's bytes.</summary>
    public byte[] ReadName() => Read(NameOffset, this[SnapshotFields.NameSize]);

    /// <summary>The extra data, with what is decoded into fields; cut after <see cref="Limits.ExtraData"/> bytes.</summary>
    public byte[] ReadExtraData() => Read(SnapshotFields.FixedSize, Math.Min(ExtraDataSize, Limits.ExtraData));
}
