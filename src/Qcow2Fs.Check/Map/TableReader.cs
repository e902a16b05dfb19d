namespace Qcow2Fs.Check;

/// <summary>Visits the entries of a table that are not 0, reading it in windows. What lies past the end of the file is 0.</summary>
internal sealed class TableReader(IImageBytes image)
{
    private readonly byte[] _window = new byte[ImageReader.MaxWindowSize];
    private readonly ImageReader _reader = new(image);

    /// <summary>An entry: its index, its first 8 bytes, and its second 8 if it has 16.</summary>
    public delegate void Visitor(long index, ulong entry, ulong second);

    /// <summary>Visits a table of so many entries, of one or two words of 8 bytes.</summary>
    /// <exception cref="IOException">The file cannot be read there.</exception>
    public void Visit(ulong offset, long count, int words, Visitor visit)
    {
        if (offset >= (ulong)image.Length)
        {
            return;
        }

        var size = Math.Min(count * words * 8, Align.To8(image.Length - (long)offset) + 8);
        for (var at = 0L; at < size; at += _window.Length)
        {
            var window = _window.AsSpan(0, (int)Math.Min(_window.Length, size - at) & ~((8 * words) - 1));
            _reader.Read((long)offset + at, window);
            var entries = MemoryMarshal.Cast<byte, ulong>(window);
            var first = at / 8 / words;
            for (var i = 0; i < entries.Length; i += words)
            {
                var next = entries[i] != 0 ? 0 : entries[i..].IndexOfAnyExcept(0UL);
                if (next < 0)
                {
                    break;
                }

                i = (i + next) & ~(words - 1);
                visit(first + (i / words), BinaryPrimitives.ReadUInt64BigEndian(window[(8 * i)..]),
                    words == 2 ? BinaryPrimitives.ReadUInt64BigEndian(window[(8 * (i + 1))..]) : 0);
            }
        }
    }
}
