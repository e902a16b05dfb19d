namespace Qcow2Fs.Codec.Edits;

/// <summary>
/// Puts a header together again after a part of it has changed its length. It alone decides what moves: the list follows the
/// fixed header, the backing file's name keeps its offset if it can and else follows the list, bytes that are no longer used
/// become zero. Bytes that were not used before stay as they are.
/// </summary>
internal static class HeaderComposer
{
    private static readonly byte[] s_endMarker = new byte[Extension.EntryHeaderSize];

    /// <summary>The header with its list region [from, to) replaced; the rest of the list and the end marker follow.</summary>
    /// <exception cref="HeaderException">NoRoom or Malformed.</exception>
    public static Header Splice(Header header, int from, int to, ReadOnlySpan<byte> replacement)
    {
        RequireList(header);
        var list = header.Extensions;
        // Whatever follows the last extension starts behind its padding, which the end of the area may have cut.
        var before = from == list.ItemsEnd ? Align.To8(from - list.Start) : from - list.Start;
        var items = new byte[before + replacement.Length + list.ItemsEnd - to];
        var bytes = header.Bytes.Span;
        bytes[list.Start..from].CopyTo(items);
        replacement.CopyTo(items.AsSpan(before));
        bytes[to..list.ItemsEnd].CopyTo(items.AsSpan(before + replacement.Length));
        return ReplaceItems(header, items);
    }

    /// <summary>The header with other extensions: whole entries, as they shall lie on disk, without the end marker.</summary>
    /// <exception cref="HeaderException">NoRoom or Malformed.</exception>
    public static Header ReplaceItems(Header header, ReadOnlySpan<byte> items) =>
        Compose(RequireList(header), FixedPart(header), items, header.BackingFileName, header.HasBackingFile);

    /// <summary>The header with another fixed part, which may be longer or shorter.</summary>
    /// <exception cref="HeaderException">NoRoom or Malformed.</exception>
    public static Header ReplaceFixedPart(Header header, ReadOnlySpan<byte> fixedPart) =>
        Compose(RequireList(header), fixedPart, Items(header), header.BackingFileName, header.HasBackingFile);

    /// <summary>The header with another backing file name, or none.</summary>
    /// <exception cref="HeaderException">NoRoom or Malformed.</exception>
    public static Header ReplaceName(Header header, ReadOnlySpan<byte> name, bool hasName) =>
        Compose(RequireList(header), FixedPart(header), Items(header), name, hasName, isNamed: true);

    /// <summary>The header with its list ended where it can no longer be decoded.</summary>
    /// <exception cref="HeaderException">NoRoom: not even an end marker fits there.</exception>
    public static Header DropMalformed(Header header) =>
        Compose(RequireClusterSize(header), FixedPart(header), Items(header), header.BackingFileName, header.HasBackingFile);

    private static ReadOnlySpan<byte> FixedPart(Header header) => header.Bytes.Span[..header.Extensions.Start];

    private static ReadOnlySpan<byte> Items(Header header) => header.Bytes.Span[header.Extensions.Start..header.Extensions.ItemsEnd];

    private static Header Compose(
        Header old, ReadOnlySpan<byte> fixedPart, ReadOnlySpan<byte> items, ReadOnlySpan<byte> name, bool hasName, bool isNamed = false)
    {
        var list = old.Extensions;
        var itemsEnd = fixedPart.Length + Align.To8(items.Length);
        var marker = old.HasEndMarker ? old.Bytes.Span[list.ItemsEnd..list.TailEnd] : s_endMarker;
        var nameStart = old.HasBackingFile ? old.NameStart : -1;

        // A list that had no marker may go on without, if it fills the area to the byte. Where a header leaves no area, none fits.
        var isFull = fixedPart.Length + items.Length == (hasName ? nameStart : old.Limit);
        if (isFull && (!old.HasEndMarker || (items.IsEmpty && !hasName && marker.Length == Extension.EntryHeaderSize)))
        {
            marker = [];
            itemsEnd = fixedPart.Length + items.Length;
        }

        // A name stays where it is while the list ends before it.
        var tailEnd = itemsEnd + marker.Length;
        var moves = hasName && (tailEnd > nameStart || nameStart + name.Length > old.Limit);
        nameStart = moves ? tailEnd : nameStart;
        // A name that the cluster cuts reaches to its end, so it can only stay.
        if (tailEnd > old.Limit || (hasName && nameStart + name.Length > old.Limit))
        {
            throw new HeaderException(HeaderError.NoRoom,
                $"the header would need {tailEnd + (hasName ? name.Length : 0)} bytes, the first cluster has {old.Limit}");
        }

        var bytes = old.Bytes.ToArray();
        Clear(bytes, old.NameStart, old.NameLength);
        Clear(bytes, 0, list.IsMalformed ? list.AreaEnd : list.TailEnd);
        fixedPart.CopyTo(bytes);
        items.CopyTo(bytes.AsSpan(fixedPart.Length));
        Clear(bytes, fixedPart.Length + items.Length, itemsEnd - fixedPart.Length - items.Length);
        marker.CopyTo(bytes.AsSpan(itemsEnd));
        if (hasName)
        {
            name.CopyTo(bytes.AsSpan(nameStart));
        }

        // A name that keeps its offset keeps its two fields as well, odd or not.
        if (moves || isNamed)
        {
            HeaderFields.BackingFileOffset.Write(bytes, hasName ? (ulong)nameStart : 0);
            HeaderFields.BackingFileSize.Write(bytes, (ulong)name.Length);
        }

        return Header.FromOwned(bytes);
    }

    private static void Clear(byte[] bytes, int start, int length) => bytes.AsSpan(start, length).Clear();

    private static Header RequireList(Header header) => RequireClusterSize(header).Extensions.Problem is not { } problem
        ? header
        : throw new HeaderException(HeaderError.Malformed,
            problem + (header.Extensions.IsMalformed ? "; remove extensions/malformed first" : "; write header/header_length first"));

    private static Header RequireClusterSize(Header header) => header.IsClusterSizeKnown
        ? header
        : throw new HeaderException(HeaderError.Malformed, $"cluster_bits is {header[HeaderFields.ClusterBits]}, "
            + "so the end of the first cluster is not known; write header/cluster_bits first");

}
