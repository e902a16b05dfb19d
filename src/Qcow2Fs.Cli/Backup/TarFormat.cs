namespace Qcow2Fs.Cli.Backup;

/// <summary>What reader and writer of a tar archive share (POSIX pax interchange format: ustar blocks, extended headers).</summary>
/// <remarks>
/// System.Formats.Tar is not used: it decodes names as text, which loses bytes that are not UTF-8, ends a record at a newline in a name,
/// and allocates an extended header by the number in the archive, which may be a stranger's.
/// </remarks>
internal static class TarFormat
{
    /// <summary>Everything is a multiple of it: headers, and contents with zeros behind them.</summary>
    public const int BlockSize = 512;

    /// <summary>The type of a regular file; archives before POSIX have a zero byte.</summary>
    public const byte File = (byte)'0';

    /// <summary>The type of an extended header, which is about the next entry.</summary>
    public const byte ExtendedHeader = (byte)'x';

    /// <summary>The keyword of an entry's name.</summary>
    public const string PathKeyword = "path";

    /// <summary>The keyword of a content's length, where the block has no room for it.</summary>
    public const string SizeKeyword = "size";

    // Offsets and lengths in a header block.
    public static readonly Range Name = 0..100;
    public static readonly Range Mode = 100..108;
    public static readonly Range Owner = 108..116;
    public static readonly Range Group = 116..124;
    public static readonly Range Size = 124..136;
    public static readonly Range Modified = 136..148;
    public static readonly Range Checksum = 148..156;
    public static readonly Range Magic = 257..265;
    public const int Type = 156;

    /// <summary>The sum of all bytes of a block, with blanks for the sum itself.</summary>
    public static int SumOf(ReadOnlySpan<byte> block)
    {
        var sum = (Checksum.End.Value - Checksum.Start.Value) * ' ';
        foreach (var b in block[..Checksum.Start])
        {
            sum += b;
        }

        foreach (var b in block[Checksum.End..])
        {
            sum += b;
        }

        return sum;
    }

    /// <summary>The zeros behind a content of so many bytes.</summary>
    public static int PaddingOf(long length) => (int)(-length & (BlockSize - 1));
}

/// <summary>Writes a tar archive, an entry at a time.</summary>
internal static class TarWriter
{
    // A first cluster may hold secrets, and a LUKS header does.
    private const int OwnerOnly = 0b110_000_000;

    private static readonly byte[] s_magic = [.. "ustar\0"u8, .. "00"u8];

    /// <summary>Writes a regular file.</summary>
    /// <param name="output">The archive.</param>
    /// <param name="name">Any bytes but zero.</param>
    /// <param name="modified">Its time.</param>
    /// <param name="records">Keywords and values of its extended header, beside the name.</param>
    /// <param name="content">Its bytes.</param>
    public static void Write(
        Stream output, ReadOnlySpan<byte> name, ImageTime modified, IEnumerable<(string Keyword, string Value)> records,
        ReadOnlySpan<byte> content)
    {
        var extended = new List<byte>();
        if (!PathText.IsUtf8(PathText.Decode(name)))
        {
            extended.AddRange(Record("hdrcharset", "BINARY"u8));
        }

        extended.AddRange(Record(TarFormat.PathKeyword, name));
        foreach (var (keyword, value) in records)
        {
            extended.AddRange(Record(keyword, Encoding.UTF8.GetBytes(value)));
        }

        WriteMember(output, "PaxHeaders/qcow2fs"u8, modified, TarFormat.ExtendedHeader, [.. extended]);
        WriteMember(output, name, modified, TarFormat.File, content);
    }

    /// <summary>Ends the archive.</summary>
    public static void WriteEnd(Stream output) => output.Write(new byte[2 * TarFormat.BlockSize]);

    private static void WriteMember(Stream output, ReadOnlySpan<byte> name, ImageTime modified, byte type, ReadOnlySpan<byte> content)
    {
        var block = new byte[TarFormat.BlockSize];
        var nameField = block.AsSpan(TarFormat.Name);
        // The whole name is in the extended header.
        name[..Math.Min(name.Length, nameField.Length)].CopyTo(nameField);
        WriteOctal(block.AsSpan(TarFormat.Mode), OwnerOnly);
        WriteOctal(block.AsSpan(TarFormat.Owner), 0);
        WriteOctal(block.AsSpan(TarFormat.Group), 0);
        WriteOctal(block.AsSpan(TarFormat.Size), content.Length);
        WriteOctal(block.AsSpan(TarFormat.Modified), Math.Clamp(modified.Seconds, 0, 0x1ffffffff));
        block[TarFormat.Type] = type;
        s_magic.CopyTo(block.AsSpan(TarFormat.Magic));
        WriteOctal(block.AsSpan(TarFormat.Checksum)[..^1], TarFormat.SumOf(block));
        block[TarFormat.Checksum.End.Value - 1] = (byte)' ';
        output.Write(block);
        output.Write(content);
        output.Write(new byte[TarFormat.PaddingOf(content.Length)]);
    }

    // Digits and a zero byte.
    private static void WriteOctal(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }

    // "LENGTH KEYWORD=VALUE\n", where LENGTH counts its own digits, too.
    private static byte[] Record(string keyword, ReadOnlySpan<byte> value)
    {
        byte[] rest = [.. Encoding.UTF8.GetBytes($" {keyword}="), .. value, (byte)'\n'];
        var length = rest.Length;
        while (length != rest.Length + Digits(length).Length)
        {
            length = rest.Length + Digits(length).Length;
        }

        return [.. Encoding.UTF8.GetBytes(Digits(length)), .. rest];

        static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
