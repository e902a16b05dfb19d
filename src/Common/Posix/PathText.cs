namespace Posix;

/// <summary>
/// File names as strings that keep each byte. A byte that is not UTF-8 becomes half of a surrogate pair, U+DC80 to U+DCFF, which no text
/// has. .NET's own conversion makes U+FFFD of all such bytes, which is the name of another file.
/// </summary>
internal static class PathText
{
    private const char Escape = '\udc00';

    /// <summary>The string of these bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var invalid in bytes[..length])
                {
                    text.Append((char)(Escape | invalid));
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of a string from <see cref="Decode"/>, or of any text in UTF-8.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange('\udc80', '\udcff') < 0)
        {
            var all = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, all);
            return all;
        }

        var bytes = new List<byte>(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        while (!text.IsEmpty)
        {
            if (IsEscaped(text[0]))
            {
                bytes.Add((byte)text[0]);
                text = text[1..];
                continue;
            }

            _ = Rune.DecodeFromUtf16(text, out var rune, out var length);
            bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            text = text[length..];
        }

        return [.. bytes];
    }

    /// <summary>Whether it stands for bytes that are all UTF-8.</summary>
    public static bool IsUtf8(string text) => !text.Any(IsEscaped);

    private static bool IsEscaped(char c) => c is >= '\udc80' and <= '\udcff';
}
