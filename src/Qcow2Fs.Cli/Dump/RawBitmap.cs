namespace Qcow2Fs.Cli.Dump;

/// <summary>
/// One entry of a bitmap directory as qcow2.py finds it: as many as the extension says, whatever the directory's size.
/// Tables.BitmapDirectory reads what QEMU would, and that of the last extension only.
/// </summary>
internal sealed class RawBitmap
{
    private const ulong OffsetMask = 0x00fffffffffffe00;
    private const ulong ReservedMask = 0xff000000000001fe;

    private readonly RawImage _image;
    private readonly byte[] _fixed;

    private RawBitmap(RawImage image, ulong offset)
    {
        _image = image;
        _fixed = image.Read(offset, BitmapFields.FixedSize);
        var name = offset + (ulong)BitmapFields.FixedSize + this[BitmapFields.ExtraDataSize];
        Name = image.Read(name, (int)image.Available(name, this[BitmapFields.NameSize]));
        End = (name + this[BitmapFields.NameSize] + 7) & ~7UL;
    }

    public byte[] Name { get; }

    private ulong End { get; }

    public ulong this[Field field] => field.Read(_fixed);

    /// <summary>The entries of the directory that an extension with this payload points to.</summary>
    public static IEnumerable<RawBitmap> In(RawImage image, byte[] extension)
    {
        var at = BitmapExtensionFields.DirectoryOffset.Read(extension);
        for (var left = BitmapExtensionFields.NbBitmaps.Read(extension); left > 0; left--)
        {
            if (image.Available(at, (ulong)BitmapFields.FixedSize) < (ulong)BitmapFields.FixedSize)
            {
                image.IsCutOff = true;
                yield break;
            }

            var bitmap = new RawBitmap(image, at);
            yield return bitmap;
            // Extra data wraps no offset of a file that has the entry itself.
            at = bitmap.End;
        }
    }

    /// <summary>The table's entries: type, offset and reserved bits.</summary>
    public IEnumerable<(string Type, ulong Offset, ulong Reserved)> Table()
    {
        var bytes = this[BitmapFields.TableSize] * sizeof(ulong);
        foreach (var chunk in _image.Chunks(this[BitmapFields.TableOffset], bytes))
        {
            for (var at = 0; at + sizeof(ulong) <= chunk.Length; at += sizeof(ulong))
            {
                var entry = BinaryPrimitives.ReadUInt64BigEndian(chunk.Span[at..]);
                yield return (TypeOf(entry), entry & OffsetMask, entry & ReservedMask);
            }
        }

        if (_image.Available(this[BitmapFields.TableOffset], bytes) < bytes)
        {
            _image.IsCutOff = true;
        }
    }

    private static string TypeOf(ulong entry) => ((entry & OffsetMask) != 0, (entry & 1) != 0) switch
    {
        (true, true) => "invalid",
        (true, false) => "serialized",
        (false, true) => "all-ones",
        (false, false) => "all-zeroes",
    };
}
