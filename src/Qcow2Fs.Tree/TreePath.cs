using System.Buffers.Text;

namespace Qcow2Fs.Tree;

/// <summary>The names in the tree that are made from an image, and the paths of the things that findings are about.</summary>
public static class TreePath
{
    private const int MaxMagicDigits = 8;

    // NAME_MAX, less what "%." and an index may need.
    private const int MaxEntryName = 255 - 8;
    private const int MaxRuneBytes = 4;

    /// <summary>The path of a subject in the tree of its image, without a leading slash.</summary>
    public static string Of(Subject subject) => subject switch
    {
        Subject.HeaderCluster => "header.bin",
        Subject.HeaderField field => $"header/{field.Field.Name}",
        Subject.FeatureBit bit => $"features/{bit.Group.Name}/{bit.Group.NameOf(bit.Bit)}",
        Subject.HeaderExtensions => "extensions",
        Subject.MalformedExtensions => "extensions/malformed",
        Subject.HeaderExtension extension => $"extensions/{ExtensionName(extension.Magic, extension.Ordinal)}",
        Subject.ExtensionField field => $"{field.Extension.Directory}/{field.Field.Name}",
        Subject.BackingFile => "backing_file",
        Subject.BackingFormat => "backing_format",
        Subject.DataFile => "data_file",
        Subject.Bitmap { Name: { } name, IsDuplicate: false } bitmap => $"bitmaps/{EntryName(name.Span, bitmap.Index)}",
        Subject.Bitmap { Name: { } name } bitmap => $"bitmaps/{DuplicateEntryName(name.Span, bitmap.Index)}",
        Subject.Bitmap bitmap => $"bitmaps/{Numbered("", bitmap.Index)}",
        Subject.Snapshot snapshot => $"snapshots/{snapshot.Index}",
        Subject.L1Entry entry => $"{Owner(entry.OfSnapshot)}l1/{entry.Index}",
        Subject.L2Entry entry => $"{Owner(entry.OfSnapshot)}l2/{entry.L1Index}/{entry.Index}",
        Subject.RefcountTableEntry entry => $"refcount_table/{entry.Index}",
        _ => throw new UnreachableException(),
    };

    /// <summary>The file name of an extension: <c>0x</c> and eight hex digits, and <c>.2</c> and up where a magic occurs again.</summary>
    public static string ExtensionName(uint magic, int ordinal) => ordinal == 1
        ? string.Create(CultureInfo.InvariantCulture, $"0x{magic:x8}")
        : string.Create(CultureInfo.InvariantCulture, $"0x{magic:x8}.{ordinal}");

    /// <summary>
    /// Reads the file name of an extension, with 1 to 8 digits of either case. False for other names and for the magics that no
    /// visible extension has: the end marker's and Qcow2Fs's own.
    /// </summary>
    public static bool TryParseExtensionName(ReadOnlySpan<byte> name, out uint magic, out int ordinal)
    {
        magic = 0;
        ordinal = 1;
        if (!name.StartsWith("0x"u8) && !name.StartsWith("0X"u8))
        {
            return false;
        }

        var digits = name[2..];
        if (digits.IndexOf((byte)'.') is >= 0 and var dot)
        {
            var suffix = digits[(dot + 1)..];
            if (!Utf8Parser.TryParse(suffix, out ordinal, out var used) || used != suffix.Length || ordinal < 2
                || suffix[0] is (byte)'0' or (byte)'+')
            {
                return false;
            }

            digits = digits[..dot];
        }

        return digits.Length is > 0 and <= MaxMagicDigits
            && Utf8Parser.TryParse(digits, out magic, out var read, 'x') && read == digits.Length
            && magic is not (ExtensionMagic.End or ExtensionMagic.Skip);
    }

    /// <summary>Reads the index of an entry: decimal digits, without zeros before them.</summary>
    public static bool TryParseIndex(ReadOnlySpan<byte> name, out long index) =>
        Utf8Parser.TryParse(name, out index, out var used) && used == name.Length && name[0] is >= (byte)'0' and <= (byte)'9'
        && (name[0] != '0' || name.Length == 1);

    /// <summary>
    /// The file name of a table's entry whose name is bytes of the image, if no entry before it has the same. UTF-8 text stays as it is; a
    /// slash, a percent sign, control characters and bytes that are not UTF-8 become %XX, so that different names stay different. The names
    /// "." and ".." become %2E and %2E%2E, an empty one becomes "%". A name that is too long is cut and gets "%." and the index.
    /// </summary>
    /// <param name="bytes">The name in the image.</param>
    /// <param name="index">The entry's index in the table, from 0 on.</param>
    public static string EntryName(ReadOnlySpan<byte> bytes, int index)
    {
        // A byte becomes one at least, so that everything beyond is cut in any case.
        var name = Escape(bytes[..Math.Min(bytes.Length, MaxEntryName + MaxRuneBytes)]);
        return Encoding.UTF8.GetByteCount(name) <= MaxEntryName ? name : Numbered(name, index);
    }

    /// <summary>The file name of a table's entry whose own name an entry before it has: with "%." and the index.</summary>
    public static string DuplicateEntryName(ReadOnlySpan<byte> bytes, int index) => Numbered(EntryName(bytes, index), index);

    /// <summary>
    /// The entries of a table under their file names, each different from all others. One without a name goes by its index.
    /// </summary>
    internal static IEnumerable<(string Name, long Offset)> UniqueEntryNames(IEnumerable<(byte[]? Name, long Offset)> entries)
    {
        var seen = new HashSet<string>();
        foreach (var (index, (bytes, offset)) in entries.Index())
        {
            var name = bytes is null ? Numbered("", index) : EntryName(bytes, index);
            if (!seen.Add(name))
            {
                name = DuplicateEntryName(bytes, index);
                seen.Add(name);
            }

            yield return (name, offset);
        }
    }

    private static string Owner(int? snapshot) => snapshot is { } index ? $"snapshots/{index}/" : "";

    private static string Numbered(string name, int index)
    {
        while (Encoding.UTF8.GetByteCount(name) > MaxEntryName)
        {
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        }

        return string.Create(CultureInfo.InvariantCulture, $"{name}%.{index}");
    }

    private static string Escape(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "%";
        }

        var name = new StringBuilder();
        var allDots = bytes.SequenceEqual("."u8) || bytes.SequenceEqual(".."u8);
        while (!bytes.IsEmpty)
        {
            var isText = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done
                && !Rune.IsControl(rune) && rune.Value is not ('/' or '%') && !allDots;
            name.Append(isText ? rune.ToString() : string.Concat(bytes[..length].ToArray().Select(b => $"%{b:X2}")));
            bytes = bytes[length..];
        }

        return name.ToString();
    }
}
