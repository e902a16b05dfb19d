using System.Globalization;
using System.Text;

namespace Qcow2Fs.Codec.Tables;

/// <summary>
/// File names for names that an image holds as bytes. Letters, digits and all other UTF-8 text stay as they are; a slash, a
/// percent sign, control characters and bytes that are not UTF-8 become %XX, so that no two names become one. The names "."
/// and ".." become %2E and %2E%2E, an empty one becomes "%". A name that is there already, or too long, gets "%." and its
/// place in the table.
/// </summary>
public static class EntryName
{
    // NAME_MAX, less what "%." and a place may need.
    private const int MaxBytes = 255 - 8;
    private const int MaxRuneBytes = 4;

    /// <summary>The file name of an entry, if no entry before it has the same.</summary>
    /// <param name="bytes">The name in the image.</param>
    /// <param name="place">The entry's place in the table, from 0 on.</param>
    public static string Of(ReadOnlySpan<byte> bytes, int place)
    {
        // A byte becomes one at least, so that what lies further back is cut in any case.
        var name = Escape(bytes[..Math.Min(bytes.Length, MaxBytes + MaxRuneBytes)]);
        return Encoding.UTF8.GetByteCount(name) <= MaxBytes ? name : Numbered(name, place);
    }

    /// <summary>The file name of an entry whose own name an entry before it has.</summary>
    public static string OfDuplicate(ReadOnlySpan<byte> bytes, int place) => Numbered(Of(bytes, place), place);

    /// <summary>The entries under their file names, each different from all others.</summary>
    public static IEnumerable<(string Name, long Offset)> Unique(IEnumerable<(byte[] Name, long Offset)> entries)
    {
        var seen = new HashSet<string>();
        var place = 0;
        foreach (var (bytes, offset) in entries)
        {
            var name = Of(bytes, place);
            if (!seen.Add(name))
            {
                name = OfDuplicate(bytes, place);
                seen.Add(name);
            }

            yield return (name, offset);
            place++;
        }
    }

    private static string Numbered(string name, int place) => string.Create(CultureInfo.InvariantCulture, $"{Cut(name)}%.{place}");

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
            var isText = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done
                && !Rune.IsControl(rune) && rune.Value is not ('/' or '%') && !allDots;
            if (isText)
            {
                name.Append(rune.ToString());
            }
            else
            {
                foreach (var b in bytes[..length])
                {
                    name.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
                }
            }

            bytes = bytes[length..];
        }

        return name.ToString();
    }

    private static string Cut(string name)
    {
        while (Encoding.UTF8.GetByteCount(name) > MaxBytes)
        {
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        }

        return name;
    }
}
