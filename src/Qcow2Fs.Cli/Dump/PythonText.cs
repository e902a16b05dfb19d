using System.Buffers;
using System.Text.Unicode;

namespace Qcow2Fs.Cli.Dump;

/// <summary>How Python writes things.</summary>
internal static class PythonText
{
    private static readonly SearchValues<byte> s_printable =
        SearchValues.Create([.. "\t\n\v\f\r"u8, .. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (byte)code)]);

    /// <summary>Whether all bytes are in Python's <c>string.printable</c>: printable ASCII and white space.</summary>
    public static bool IsPrintable(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept(s_printable);

    /// <summary>The numbers of the set bits, as a list.</summary>
    public static string BitList(ulong word) => $"[{string.Join(", ", FeatureGroup.BitsOf(word))}]";

    /// <summary>A bitmap's flags: the number and the list of their names.</summary>
    public static string BitmapFlags(ulong flags)
    {
        var names = FeatureGroup.BitsOf(flags).Select(bit => bit switch { 0 => "'in-use'", 1 => "'auto'", _ => $"'bit-{bit}'" });
        return string.Create(CultureInfo.InvariantCulture, $"0x{flags:x} ([{string.Join(", ", names)}])");
    }

    /// <summary>Text inside a JSON string, ASCII only. Bytes that are no text become what Python's surrogateescape makes of them.</summary>
    public static string JsonEscaped(ReadOnlySpan<byte> bytes)
    {
        var escaped = new StringBuilder(bytes.Length);
        if (Utf8.IsValid(bytes))
        {
            foreach (var c in Encoding.UTF8.GetString(bytes))
            {
                Escape(escaped, c);
            }
        }
        else
        {
            foreach (var b in bytes)
            {
                Escape(escaped, b < 0x80 ? (char)b : (char)(0xdc00 + b));
            }
        }

        return escaped.ToString();
    }

    private static void Escape(StringBuilder escaped, char c) => _ = c switch
    {
        '"' or '\\' => escaped.Append('\\').Append(c),
        '\b' => escaped.Append("\\b"),
        '\f' => escaped.Append("\\f"),
        '\n' => escaped.Append("\\n"),
        '\r' => escaped.Append("\\r"),
        '\t' => escaped.Append("\\t"),
        >= ' ' and <= '~' => escaped.Append(c),
        _ => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };
}
