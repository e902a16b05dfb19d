namespace Qcow2Fs.Codec;

/// <summary>
/// The list of header extensions, as far as it can be decoded: where each entry lies, in on-disk order, with duplicates.
/// Payloads are not copied; they stay in the header's bytes.
/// </summary>
public sealed class ExtensionList
{
    private ExtensionList(ImmutableArray<Extension> items, int start, int itemsEnd, int tailEnd, int areaEnd,
        string? problem = null, bool isMalformed = false) =>
        (Items, Start, ItemsEnd, TailEnd, AreaEnd, IsMalformed, Problem) = (items, start, itemsEnd, tailEnd, areaEnd, isMalformed, problem);

    /// <summary>The extensions in on-disk order, without the end marker.</summary>
    public ImmutableArray<Extension> Items { get; }

    /// <summary>Where the list starts: the header's length.</summary>
    public int Start { get; }

    /// <summary>The first byte behind the last extension's padding.</summary>
    public int ItemsEnd { get; }

    /// <summary>The first byte past the end marker; equals <see cref="ItemsEnd"/> if the list has none.</summary>
    public int TailEnd { get; }

    /// <summary>Where the extension area ends: the backing file's name, or the end of the cluster.</summary>
    public int AreaEnd { get; }

    /// <summary>The list cannot be decoded to its end; <see cref="ItemsEnd"/> to <see cref="AreaEnd"/> is the rest.</summary>
    public bool IsMalformed { get; }

    /// <summary>Why nothing in the list can be moved, as a sentence; null if everything can.</summary>
    public string? Problem { get; }

    /// <summary>The first byte behind an extension's padding. Where the area ends first, the padding is cut there.</summary>
    public int EndOf(int index) => index + 1 < Items.Length ? Items[index + 1].Offset : ItemsEnd;

    /// <summary>A list that cannot be reached, because header_length is not valid.</summary>
    internal static ExtensionList Unreachable(int start, string problem) => new([], start, start, start, start, problem);

    /// <summary>Walks the list by QEMU's rules (qcow2_read_extensions), never past <paramref name="areaEnd"/>.</summary>
    internal static ExtensionList Decode(ReadOnlySpan<byte> cluster, int start, int areaEnd)
    {
        var items = ImmutableArray.CreateBuilder<Extension>();
        var at = start;
        while (at < areaEnd)
        {
            if (areaEnd - at < Extension.EntryHeaderSize)
            {
                return Broken($"the {areaEnd - at} bytes at offset {at} are too few for an extension");
            }

            var magic = BinaryPrimitives.ReadUInt32BigEndian(cluster[at..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(cluster[(at + 4)..]);
            // QEMU judges the length before it looks at the magic, so an end marker can be too long as well.
            var left = areaEnd - at - Extension.EntryHeaderSize;
            if (length > (uint)left)
            {
                return Broken($"the extension at offset {at} gives its length as {length} bytes, {left} are left");
            }

            // The padding of the last entry may cross the end of the area.
            var end = (int)Math.Min(areaEnd, at + Extension.Footprint(length));
            if (magic == ExtensionMagic.End)
            {
                return new(items.DrainToImmutable(), start, at, end, areaEnd);
            }

            items.Add(new(magic, at, (int)length));
            at = end;
        }

        return new(items.DrainToImmutable(), start, at, at, areaEnd);

        ExtensionList Broken(string problem) => new(items.DrainToImmutable(), start, at, at, areaEnd, problem, isMalformed: true);
    }
}

/// <summary>
/// Where a header extension lies in the first cluster: offset of its 8-byte entry header, bytes of payload without padding.
/// </summary>
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
