using Qcow2Fs.Codec;

namespace Qcow2Fs.Image.Commits;

/// <summary>A header as bytes of which some are live: those that a reader of it consumes. All others can change freely.</summary>
internal sealed class Layout
{
    private readonly bool[] _live;

    public Layout(Header header)
    {
        Header = header;
        _live = new bool[header.UsedLength];
        MarkList(header.Extensions);
        if (header.BackingFileName.Length is > 0 and var name)
        {
            // An empty name may lie anywhere, also behind all that is used.
            Mark(NameStart(header), name);
        }
    }

    /// <summary>The header.</summary>
    public Header Header { get; }

    /// <summary>All bytes, live or not.</summary>
    public ReadOnlySpan<byte> Bytes => Header.Bytes.Span;

    /// <summary>No byte from here on is live.</summary>
    public int LiveEnd => _live.Length;

    /// <summary>Where the backing file's name starts, as far as the cluster reaches; 0 if there is none.</summary>
    public static int NameStart(Header header) =>
        (int)Math.Min(header[HeaderFields.BackingFileOffset], (ulong)Math.Min(header.ClusterSize, header.Bytes.Length));

    /// <summary>Whether a reader consumes the byte.</summary>
    public bool IsLive(int at) => at < _live.Length && _live[at];

    private void MarkList(ExtensionList list)
    {
        Mark(0, list.Start);
        foreach (var item in list.Items)
        {
            // What our own extension spans is dead; that is what it is for.
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
    }

    private void Mark(int start, int length) => _live.AsSpan(start, length).Fill(true);
}
