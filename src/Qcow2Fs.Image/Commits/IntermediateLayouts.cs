namespace Qcow2Fs.Image.Commits;

/// <summary>
/// Layouts to pass through where no single atomic step leads from the old header to the new one: the content of either, with parts of it
/// further back in the cluster. They are proposals: <see cref="HeaderChange"/> checks the content of each and that every step exists.
/// </summary>
internal static class IntermediateLayouts
{
    /// <summary>Paths between old and new, those with fewer steps and smaller moves first. Null is a layout that does not fit.</summary>
    public static IEnumerable<Header?[]> Between(Header old, Header @new)
    {
        var common = CommonPrefix(old, @new);
        var lists = Math.Max(old.Extensions.TailEnd, @new.Extensions.TailEnd);
        var all = Math.Max(old.UsedLength, @new.UsedLength);
        int[] starts = lists == all ? [all] : [lists, all];
        foreach (var start in starts)
        {
            yield return [MoveName(old, @new, start)];
            foreach (var kept in KeptCounts(@new, common))
            {
                yield return [MoveList(old, @new, kept, start)];
            }

            // Where header_length itself moves the list's start away from the first sector.
            yield return [MoveList(old, old, 0, start)];
        }

        // Name and list by turns, each with its own commit sector: for long headers, whose list is not in the first sector.
        var moved = @new.Extensions.ItemsEnd - StartOf(@new, common) + (3 * Extension.EntryHeaderSize);
        foreach (var nameStart in new[] { all, all + moved })
        {
            var renamed = MoveName(old, old, nameStart);
            if (renamed is null)
            {
                continue;
            }

            var relisted = MoveName(renamed, @new, nameStart);
            yield return [renamed, relisted];
            yield return [renamed, MoveList(renamed, @new, common, all, nameStart), relisted];
        }
    }

    /// <summary>As many extensions as possible stay; or as many as let the SKIP lie in the first sector, by the fields; or none.</summary>
    private static IEnumerable<int> KeptCounts(Header header, int common)
    {
        var beside = common;
        while (beside > 0 && StartOf(header, beside) + Extension.EntryHeaderSize > SectorWrite.Size)
        {
            beside--;
        }

        return new[] { common, beside, 0 }.Distinct();
    }

    private static int StartOf(Header header, int index) =>
        index < header.Extensions.Items.Length ? header.Extensions.Items[index].Offset : header.Extensions.ItemsEnd;

    /// <summary>How many extensions both have first, at the same offset with the same bytes.</summary>
    private static int CommonPrefix(Header old, Header @new) => old.Extensions.Items.Zip(@new.Extensions.Items)
        .TakeWhile(e => e.First == e.Second && old.DataOf(e.First).SequenceEqual(@new.DataOf(e.Second))).Count();

    /// <summary>
    /// The layout that keeps the first extensions where they are and has a SKIP behind them, which leads to where the others are; END and
    /// the backing file's name follow those. Null if that does not fit.
    /// </summary>
    /// <param name="canvas">Bytes that the layout does not use stay this header's.</param>
    /// <param name="header">The content.</param>
    /// <param name="kept">How many extensions stay.</param>
    /// <param name="from">The first byte that the moved part may use.</param>
    /// <param name="nameStart">Where the name goes; null for right behind the list, or where it is if that is further.</param>
    private static Header? MoveList(Header canvas, Header header, int kept, int from, int? nameStart = null)
    {
        var list = header.Extensions;
        var skip = kept < list.Items.Length ? list.Items[kept].Offset : list.ItemsEnd;
        var moved = header.Bytes.Span[skip..list.ItemsEnd];
        // Entries lie at multiples of 8 from each other; only the end of the area can have cut the last one short.
        skip = list.Start + Align.To8(skip - list.Start);
        var target = skip + Extension.EntryHeaderSize + Align.To8(Math.Max(0, from - skip - Extension.EntryHeaderSize));
        var end = target + Align.To8(moved.Length) + Extension.EntryHeaderSize;
        if (end > header.ClusterSize)
        {
            return null;
        }

        var bytes = canvas.Bytes.ToArray();
        header.Bytes.Span[..skip].CopyTo(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(skip), ExtensionMagic.Skip);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(skip + 4), (uint)(target - skip - Extension.EntryHeaderSize));
        bytes.AsSpan(target..end).Clear();
        moved.CopyTo(bytes.AsSpan(target));
        return PutName(bytes, header, nameStart ?? Math.Max(LiveBytes.NameStart(header), end));
    }

    /// <summary>The layout that keeps the list where it is and has the name elsewhere. Null if that does not fit.</summary>
    private static Header? MoveName(Header canvas, Header header, int nameStart)
    {
        var bytes = canvas.Bytes.ToArray();
        var list = header.Extensions;
        header.Bytes.Span[..list.TailEnd].CopyTo(bytes);
        if (list.TailEnd == list.ItemsEnd && list.AreaEnd > list.Start)
        {
            // Without END, it was the name's start that ended the list.
            if (list.ItemsEnd + Extension.EntryHeaderSize > header.ClusterSize)
            {
                return null;
            }

            bytes.AsSpan(list.ItemsEnd, Extension.EntryHeaderSize).Clear();
        }

        return PutName(bytes, header, nameStart);
    }

    private static Header? PutName(byte[] bytes, Header header, int start)
    {
        if (header.HasBackingFile)
        {
            var name = header.BackingFileName;
            if (start + name.Length > header.ClusterSize)
            {
                return null;
            }

            name.CopyTo(bytes.AsSpan(start));
            HeaderFields.BackingFileOffset.Write(bytes, (ulong)start);
            HeaderFields.BackingFileSize.Write(bytes, (ulong)name.Length);
        }

        return Header.Decode(bytes);
    }
}
