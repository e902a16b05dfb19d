using System.Buffers.Binary;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Image.Commits;

/// <summary>Other layouts of a header: the same meaning, parts of it further back in the cluster.</summary>
internal static class Relocation
{
    /// <summary>
    /// The layout that keeps the first extensions in place and jumps, by an extension that readers skip, to where the others
    /// are; END and the backing file's name follow them. Null if that does not fit.
    /// </summary>
    /// <param name="canvas">What the layout is drawn on: bytes that it does not use are this header's.</param>
    /// <param name="header">What the layout says.</param>
    /// <param name="kept">How many extensions keep their place.</param>
    /// <param name="from">The first byte that the moved part may use.</param>
    /// <param name="nameAt">Where the name goes; null for right behind the list, or where it is if that is further.</param>
    public static Header? MoveList(Header canvas, Header header, int kept, int from, int? nameAt = null)
    {
        var list = header.Extensions;
        var jump = kept < list.Items.Length ? list.Items[kept].Offset : list.ItemsEnd;
        var moved = header.Bytes.Span[jump..list.ItemsEnd];
        // Entries lie at multiples of 8 from each other; only the end of the area can have cut the last one short.
        jump = list.Start + Aligned(jump - list.Start);
        var target = jump + Extension.EntryHeaderSize + Aligned(Math.Max(0, from - jump - Extension.EntryHeaderSize));
        var end = target + Aligned(moved.Length) + Extension.EntryHeaderSize;
        if (end > header.ClusterSize)
        {
            return null;
        }

        var bytes = canvas.Bytes.ToArray();
        header.Bytes.Span[..jump].CopyTo(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(jump), ExtensionMagic.Skip);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(jump + 4), (uint)(target - jump - Extension.EntryHeaderSize));
        bytes.AsSpan(target..end).Clear();
        moved.CopyTo(bytes.AsSpan(target));
        return PutName(bytes, header, nameAt ?? (Layout.NameStart(header) > end ? Layout.NameStart(header) : end));
    }

    /// <summary>The layout that keeps the list in place and has the name elsewhere. Null if that does not fit.</summary>
    public static Header? MoveName(Header canvas, Header header, int nameAt)
    {
        var bytes = canvas.Bytes.ToArray();
        var list = header.Extensions;
        header.Bytes.Span[..list.TailEnd].CopyTo(bytes);
        if (list.TailEnd == list.ItemsEnd && list.AreaEnd > list.Start)
        {
            // Only the name has ended the list.
            if (list.ItemsEnd + Extension.EntryHeaderSize > header.ClusterSize)
            {
                return null;
            }

            bytes.AsSpan(list.ItemsEnd, Extension.EntryHeaderSize).Clear();
        }

        return PutName(bytes, header, nameAt);
    }

    private static Header? PutName(byte[] bytes, Header header, int at)
    {
        if (header.HasBackingFile)
        {
            var name = header.BackingFileName;
            if (at + name.Length > header.ClusterSize)
            {
                return null;
            }

            name.CopyTo(bytes.AsSpan(at));
            HeaderFields.BackingFileOffset.Write(bytes, (ulong)at);
            HeaderFields.BackingFileSize.Write(bytes, (ulong)name.Length);
        }

        return Header.Decode(bytes);
    }

    private static int Aligned(int length) => (length + 7) & ~7;
}
