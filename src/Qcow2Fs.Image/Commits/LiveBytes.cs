namespace Qcow2Fs.Image.Commits;

/// <summary>Which bytes of the first cluster a reader consumes: fields, extensions, the list's end, the backing file's name.</summary>
internal static class LiveBytes
{
    /// <summary>A flag for each byte of the used part; no byte behind it is live.</summary>
    public static bool[] Of(Header header)
    {
        var live = new bool[header.UsedLength];
        var list = header.Extensions;
        Mark(0, list.Start);
        foreach (var item in list.Items)
        {
            // The bytes that a SKIP extension spans are dead; it exists to have readers jump over them.
            Mark(item.Offset, item.Magic == ExtensionMagic.Skip ? Extension.EntryHeaderSize : item.DataEnd - item.Offset);
        }

        if (list.IsMalformed)
        {
            Mark(list.ItemsEnd, list.AreaEnd - list.ItemsEnd);
        }
        else if (list.TailEnd > list.ItemsEnd)
        {
            Mark(list.ItemsEnd, Extension.EntryHeaderSize);
        }

        if (header.BackingFileName.Length is > 0 and var name)
        {
            // An empty name may lie anywhere, also behind all that is used.
            Mark(NameStart(header), name);
        }

        return live;

        void Mark(int start, int length) => live.AsSpan(start, length).Fill(true);
    }

    /// <summary>Where the backing file's name starts, as far as the cluster reaches; 0 if there is none.</summary>
    public static int NameStart(Header header) =>
        (int)Math.Min(header[HeaderFields.BackingFileOffset], (ulong)Math.Min(header.ClusterSize, header.Bytes.Length));
}
