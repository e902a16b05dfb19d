namespace Qcow2Fs.Codec;

/// <summary>Numbers as people write them: decimal, <c>0x</c>, <c>0o</c>, <c>0b</c>, and sizes with a suffix.</summary>
public static class NumberText
{
    private const string Suffixes = "KMGTPE";

    /// <summary>The value in the field's style; feature bits are hexadecimal.</summary>
    public static string Format(ulong value, FieldStyle style) => style == FieldStyle.Decimal
        ? value.ToString(CultureInfo.InvariantCulture)
        : "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Reads a number without white space; a suffix is K, M, G, T, P or E (powers of 1024) of a decimal one.</summary>
    /// <exception cref="HeaderException">It is no number (Invalid) or above 2^64-1 (OutOfRange).</exception>
    public static ulong Parse(string text, bool allowSuffix = false)
    {
        var (digits, radix) = text switch
        {
            ['0', 'x' or 'X', .. var rest] => (rest, 16u),
            ['0', 'o' or 'O', .. var rest] => (rest, 8u),
            ['0', 'b' or 'B', .. var rest] => (rest, 2u),
            _ => (text, 10u),
        };
        var shift = 0;
        if (allowSuffix && radix == 10 && digits.Length > 1 && Suffixes.IndexOf(char.ToUpperInvariant(digits[^1])) is >= 0 and var power)
        {
            digits = digits[..^1];
            shift = 10 * (power + 1);
        }

        if (digits.Length == 0)
        {
            throw NotANumber(text, allowSuffix);
        }

        UInt128 value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToUInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                throw NotANumber(text, allowSuffix);
            }

            // Saturates, so that any number of digits is judged without overflow.
            value = value > ulong.MaxValue ? value : (value * radix) + digit;
        }

        value = value > ulong.MaxValue ? value : value << shift;
        return value <= ulong.MaxValue ? (ulong)value : throw new HeaderException(HeaderError.OutOfRange, $"{Shown(text)} is above 2^64-1");
    }

    private static HeaderException NotANumber(string text, bool allowSuffix) => new(HeaderError.Invalid,
        $"{Shown(text)} is not a number; write decimal, 0x hex, 0o octal or 0b binary"
            + (allowSuffix ? ", or decimal with K, M, G, T, P or E" : ""));

    // Quotes the text, but not a page of it.
    private static string Shown(string text)
    {
        const int Longest = 40;
        return $"'{PrintableText.Of(text.Length > Longest ? text[..Longest] + "..." : text)}'";
    }
}

/// <summary>Text for a terminal that may hold bytes of an image.</summary>
public static class PrintableText
{
    /// <summary>
    /// The text with a <c>?</c> for each control character, so that a terminal obeys nothing in it, and <c>\xff</c> for a byte of a path
    /// that is not UTF-8.
    /// </summary>
    public static string Of(string text)
    {
        var printable = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= '\udc80' and <= '\udcff' && (i == 0 || !char.IsHighSurrogate(text[i - 1])))
            {
                printable.Append(CultureInfo.InvariantCulture, $"\\x{text[i] & 0xff:x2}");
            }
            else
            {
                printable.Append(char.IsControl(text[i]) ? '?' : text[i]);
            }
        }

        return printable.ToString();
    }
}

/// <summary>Bytes that C reads: to the first zero byte.</summary>
public static class CString
{
    /// <summary>The bytes before the first zero byte, or all of them.</summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes;
}
