using System.Text.Unicode;

namespace Qcow2Fs.Tree;

/// <summary>
/// The first cluster as a text, one line a piece, in the order of the offsets and with nothing left out: offset, length, path in the tree
/// or <c>-</c>, and the value or what it is.
/// </summary>
internal sealed class HeaderLayout
{
    // What is written at once; a line is a little longer than the longest name.
    private const int BufferSize = 64 << 10;
    private const int MaxLine = 8 << 10;
    private const string Nothing = "-";
    private const string Padding = "padding";
    private const string Free = "free";

    private readonly Header _header;
    private readonly ExtensionNames _names;
    private readonly Action<ReadOnlySpan<byte>> _write;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly byte[] _line = new byte[MaxLine];
    private readonly int _end;
    private int _buffered;
    private int _at;
    private bool _isNameWritten;

    private int NameStart => (int)Math.Min(_header[HeaderFields.BackingFileOffset], (ulong)_end);

    private HeaderLayout(Header header, ExtensionNames names, Action<ReadOnlySpan<byte>> write)
    {
        (_header, _names, _write) = (header, names, write);
        _end = Math.Min(header.ClusterSize, header.Bytes.Length);
        _isNameWritten = header.BackingFileName.IsEmpty;
    }

    /// <summary>
    /// Writes the text in pieces that the callee must copy. Of 262,000 extensions it has 20 MB: no more than a piece is in memory.
    /// </summary>
    public static void Write(Header header, ExtensionNames names, Action<ReadOnlySpan<byte>> write) =>
        new HeaderLayout(header, names, write).Write();

    private void Write()
    {
        WriteFields();
        WriteExtensions();
        FillTo(_end, _header.Extensions.Problem is null ? Free : "not decoded");
        if (_header.ClusterSize > _end)
        {
            Line(_end, _header.ClusterSize - _end, Nothing, "past the end of the file");
        }

        _write(_buffer.AsSpan(0, _buffered));
    }

    private void WriteFields()
    {
        foreach (var field in HeaderFields.All.Where(_header.Has))
        {
            FillTo(field.Offset, Padding);
            Piece(field.Offset, field.Width, $"header/{field.Name}", NumberText.Format(_header[field], field.Style));
        }

        FillTo(_header.Extensions.Start, _at < HeaderFields.All.Size ? Padding : "unknown fields");
    }

    private void WriteExtensions()
    {
        var list = _header.Extensions;
        for (var i = 0; i < list.Items.Length; i++)
        {
            var item = list.Items[i];
            var (magic, ordinal) = _names.NameAt(_header, i);
            var path = $"extensions/{TreePath.ExtensionName(magic, ordinal)}";
            Piece(item.Offset, Extension.EntryHeaderSize, path, $"entry header: length {item.Length}");
            if (item.Length > 0)
            {
                Piece(item.DataOffset, item.Length, path, KnownExtensions.NameOf(magic) ?? "unknown");
            }

            FillTo(list.EndOf(i), Padding);
        }

        if (list.TailEnd > list.ItemsEnd)
        {
            Piece(list.ItemsEnd, list.TailEnd - list.ItemsEnd, Nothing, "end of the list");
        }

        if (list.IsMalformed)
        {
            Piece(list.ItemsEnd, list.AreaEnd - list.ItemsEnd, "extensions/malformed", list.Problem!);
        }
    }

    // The backing file's name may lie anywhere, also in the middle of other things.
    private void Piece(int offset, int length, string path, string what)
    {
        if (!_isNameWritten && NameStart <= offset)
        {
            WriteName();
        }

        if (length > 0)
        {
            Line(offset, length, path, what);
            _at = Math.Max(_at, offset + length);
        }
    }

    private void WriteName()
    {
        _isNameWritten = true;
        FillTo(NameStart, Free);
        var name = _header.BackingFileName;
        Line(NameStart, name.Length, "backing_file",
            PrintableText.Of(Encoding.UTF8.GetString(name[..Math.Min(name.Length, Limits.BackingFileName)])));
        _at = Math.Max(_at, NameStart + name.Length);
    }

    private void FillTo(int end, string what)
    {
        if (!_isNameWritten && NameStart < end)
        {
            WriteName();
        }

        if (_at < end)
        {
            var isZero = !_header.Bytes.Span[_at..end].ContainsAnyExcept((byte)0);
            Line(_at, end - _at, Nothing, $"{what}, {(isZero ? "zero" : "not zero")}");
            _at = end;
        }
    }

    private void Line(int offset, int length, string path, string what)
    {
        Utf8.TryWrite(_line, CultureInfo.InvariantCulture, $"0x{offset:x6} {length,7}  {path,-32} {what}\n", out var count);
        var line = _line.AsSpan(0, count);
        while (!line.IsEmpty)
        {
            var part = line[..Math.Min(line.Length, BufferSize - _buffered)];
            part.CopyTo(_buffer.AsSpan(_buffered));
            _buffered += part.Length;
            line = line[part.Length..];
            if (_buffered == BufferSize)
            {
                _write(_buffer);
                _buffered = 0;
            }
        }
    }
}
