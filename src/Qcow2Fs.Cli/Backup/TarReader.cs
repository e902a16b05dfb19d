using System.Buffers.Text;

namespace Qcow2Fs.Cli.Backup;

/// <summary>An entry's header. The content follows in the archive.</summary>
/// <param name="Name">Any bytes.</param>
/// <param name="Length">Bytes of the content, 0 or more.</param>
/// <param name="IsFile">Whether it is a regular file.</param>
/// <param name="Records">Its extended header, without name and size.</param>
internal sealed record TarEntry(byte[] Name, long Length, bool IsFile, IReadOnlyDictionary<string, string> Records);

/// <summary>
/// Reads a tar archive from its start to its end. The archive may be a stranger's: nothing is allocated by its numbers beyond a bound.
/// </summary>
internal sealed class TarReader(Func<Span<byte>, int> read)
{
    // A path has at most 4096 bytes, all other records are short.
    private const int MaxExtendedHeader = 1 << 16;

    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private long _position;
    private long _rest;

    /// <summary>The next entry; null at the end. What is left of the content before is skipped.</summary>
    /// <exception cref="CommandFailure">The archive is damaged.</exception>
    public TarEntry? Next()
    {
        var records = new Dictionary<string, byte[]>();
        while (true)
        {
            Skip(_rest);
            _rest = 0;
            if (!ReadBlock())
            {
                return null;
            }

            var length = Number(_block.AsSpan(TarFormat.Size));
            if (_block[TarFormat.Type] == TarFormat.ExtendedHeader)
            {
                records = ReadRecords(length);
                continue;
            }

            if (records.Remove(TarFormat.SizeKeyword, out var size))
            {
                length = Utf8Parser.TryParse(size, out long number, out var used) && used == size.Length && number >= 0
                    ? number : throw Damaged("has a size that is no number");
            }

            _rest = length <= long.MaxValue - TarFormat.BlockSize ? length + TarFormat.PaddingOf(length)
                : throw Damaged("has a size that is no number");
            var name = records.Remove(TarFormat.PathKeyword, out var path) ? path : CString.Of(_block.AsSpan(TarFormat.Name)).ToArray();
            return new(name, length, _block[TarFormat.Type] is TarFormat.File or 0,
                records.ToDictionary(record => record.Key, record => Encoding.UTF8.GetString(record.Value)));
        }
    }

    /// <summary>The content of the entry that was read last. The caller has judged its length.</summary>
    /// <exception cref="CommandFailure">The archive ends before.</exception>
    public byte[] ReadContent(TarEntry entry)
    {
        var content = new byte[entry.Length];
        Fill(content);
        _rest -= content.Length;
        return content;
    }

    // False at the end: a block of zeros, or, as some archives are cut, nothing.
    private bool ReadBlock()
    {
        var start = _position;
        var count = ReadUpTo(_block);
        var isWhole = count == _block.Length;
        if ((start > 0 && count == 0) || (isWhole && !_block.AsSpan().ContainsAnyExcept((byte)0)))
        {
            return false;
        }

        var isGood = isWhole && NumberOf(_block.AsSpan(TarFormat.Checksum)) == TarFormat.SumOf(_block);
        return isGood ? true : throw new CommandFailure(start == 0 ? "is no tar archive" : $"is damaged at byte {start}");
    }

    private Dictionary<string, byte[]> ReadRecords(long length)
    {
        if (length > MaxExtendedHeader)
        {
            throw Damaged($"has an extended header of {length} bytes, more than {MaxExtendedHeader}");
        }

        var bytes = new byte[length + TarFormat.PaddingOf(length)];
        Fill(bytes);
        var records = new Dictionary<string, byte[]>();
        for (var rest = bytes.AsSpan(0, (int)length); !rest.IsEmpty;)
        {
            // The length counts the whole record: a value may have any bytes, newlines and equal signs, too.
            if (!Utf8Parser.TryParse(rest, out int size, out var digits) || size <= digits + 2 || size > rest.Length
                || rest[digits] != ' ' || rest[size - 1] != '\n' || rest[..size].IndexOf((byte)'=') is not (>= 0 and var equal))
            {
                throw Damaged("has an extended header that cannot be read");
            }

            records[Encoding.UTF8.GetString(rest[(digits + 1)..equal])] = rest[(equal + 1)..(size - 1)].ToArray();
            rest = rest[size..];
        }

        return records;
    }

    private long Number(ReadOnlySpan<byte> field) => NumberOf(field) ?? throw Damaged("has a number that cannot be read");

    // Octal digits between blanks and zeros, or, behind a set top bit, the number itself.
    private static long? NumberOf(ReadOnlySpan<byte> field)
    {
        if (field[0] >= 0x80)
        {
            var value = (UInt128)(field[0] & 0x7f);
            foreach (var b in field[1..])
            {
                value = (value << 8) | b;
            }

            return value <= long.MaxValue ? (long)value : null;
        }

        var number = 0L;
        foreach (var digit in CString.Of(field).Trim((byte)' '))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }

    private void Skip(long count)
    {
        var buffer = new byte[(int)Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(count, buffer.Length));
            Fill(part);
            count -= part.Length;
        }
    }

    private void Fill(Span<byte> buffer)
    {
        if (ReadUpTo(buffer) < buffer.Length)
        {
            throw new CommandFailure("ends in the middle of an entry");
        }
    }

    private int ReadUpTo(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length && read(buffer[filled..]) is > 0 and var count)
        {
            filled += count;
        }

        _position += filled;
        return filled;
    }

    private CommandFailure Damaged(string what) => new($"{what}, before byte {_position}");
}
