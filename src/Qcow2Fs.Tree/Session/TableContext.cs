namespace Qcow2Fs.Tree.Session;

/// <summary>What tables are read from: the image as a view has it, or the locked image in a commit.</summary>
/// <param name="Header">The header, from which all of them are found.</param>
/// <param name="Bytes">The image.</param>
/// <param name="View">The view, whose session keeps indexes of tables; null in a commit.</param>
internal sealed record TableContext(Header Header, IImageBytes Bytes, ReadView? View = null)
{
    /// <summary>Where the entries of a table of records are.</summary>
    public TableIndex IndexOf(TableDirectory table) =>
        View is { } view ? view.Session.IndexOf(table, view) : new(table.EntriesIn(this));
}

/// <summary>
/// Parts of the image that were read last, in a few windows of 64 KiB: questions about neighbours in a table, and about the tables that led
/// there, cost one read. Bytes past the end of the file are missing, as in the file.
/// </summary>
internal sealed class TableWindows(IImageBytes image, long length) : IImageBytes
{
    private const int WindowSize = 1 << 16;

    // The first one was used last.
    private readonly Window[] _windows = [new(), new(), new(), new()];

    public long Length => length;

    public int Read(long offset, Span<byte> buffer)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var at = (int)((offset + done) & (WindowSize - 1));
            var window = WindowAt(offset + done - at);
            var count = Math.Min(buffer.Length - done, window.Length - at);
            if (count <= 0)
            {
                break;
            }

            window.Bytes.AsSpan(at, count).CopyTo(buffer[done..]);
            done += count;
        }

        return done;
    }

    private Window WindowAt(long offset)
    {
        var index = Array.FindIndex(_windows, window => window.Offset == offset);
        var window = _windows[index < 0 ? ^1 : index];
        if (index < 0)
        {
            // It holds nothing if the read fails.
            window.Offset = -1;
            window.Length = image.Read(offset, window.Bytes ??= new byte[WindowSize]);
            window.Offset = offset;
            index = _windows.Length - 1;
        }

        Array.Copy(_windows, 0, _windows, 1, index);
        _windows[0] = window;
        return window;
    }

    private sealed class Window
    {
        public long Offset { get; set; } = -1;

        public int Length { get; set; }

        public byte[]? Bytes { get; set; }
    }
}
