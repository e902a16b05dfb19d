namespace Qcow2Fs.Codec.Json;

// Reading. Unknown keys are refused, so that a typing error is an error.
public sealed partial class HeaderDocument
{
    private static readonly JsonDocumentOptions s_readOptions = new() { MaxDepth = 8 };

    /// <summary>Reads a document, UTF-8 text.</summary>
    /// <exception cref="HeaderException">Invalid or OutOfRange; the message names the key.</exception>
    public static HeaderDocument Read(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        return ReadRoot(document.RootElement);
    }

    /// <summary>The message for a text that is not JSON: what is wrong, and where.</summary>
    public static string Describe(JsonException error)
    {
        var sentence = PrintableText.Of(string.Concat(error.Message.Split(". ")[0].Take(100))).TrimEnd('.');
        return error.LineNumber is { } line
            ? $"not JSON: line {line + 1}, byte {error.BytePositionInLine + 1}: {sentence}"
            : $"not JSON: {sentence}";
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, s_readOptions);
        }
        catch (JsonException e)
        {
            throw new HeaderException(HeaderError.Invalid, Describe(e));
        }
    }

    private static HeaderDocument ReadRoot(JsonElement root)
    {
        var document = new HeaderDocument();
        foreach (var (key, value) in JsonText.Members(root, "the document"))
        {
            switch (key)
            {
                case DocumentKey.Header:
                    ReadFields(document, value);
                    break;
                case DocumentKey.Extensions:
                    document.Extensions = ReadExtensions(value);
                    break;
                case DocumentKey.Malformed:
                    document.Malformed = value.ValueKind == JsonValueKind.Null ? [] : JsonText.Hex(value, key);
                    break;
                case DocumentKey.BackingFile:
                    document.MentionsBackingFile = true;
                    document.BackingFile = ReadName(value);
                    break;
                default:
                    throw JsonText.Unknown(key);
            }
        }

        return document;
    }

    private static void ReadFields(HeaderDocument document, JsonElement fields)
    {
        foreach (var (name, value) in JsonText.Members(fields, DocumentKey.Header))
        {
            var key = $"{DocumentKey.Header}.{name}";
            if (name == DocumentKey.UnknownBytes)
            {
                document.UnknownBytes = JsonText.Hex(value, key);
                continue;
            }

            var field = HeaderFields.All.Find(name) ?? throw JsonText.Unknown(key);
            var number = FeatureGroup.All.FirstOrDefault(g => g.Field == field) is { } group && value.ValueKind == JsonValueKind.Array
                ? ReadBits(group, value, key)
                : JsonText.Number(value, key, allowSuffix: field == HeaderFields.Size);
            document.Fields[field] = number <= field.MaxValue
                ? number
                : throw DocumentKey.Refuse(key, $"{number} does not fit the field, which has {8 * field.Width} bits",
                    HeaderError.OutOfRange);
        }
    }

    // A bit is its number or its name.
    private static ulong ReadBits(FeatureGroup group, JsonElement bits, string key)
    {
        var value = 0UL;
        foreach (var bit in bits.EnumerateArray())
        {
            var text = bit.ValueKind == JsonValueKind.Number ? bit.GetRawText() : JsonText.Text(bit, key);
            value |= group.FindBit(text) is { } number
                ? 1UL << number
                : throw DocumentKey.Refuse(key, $"a bit is a number from 0 to 63 or one of {string.Join(", ", group.KnownBits)}");
        }

        return value;
    }

    private static List<(uint Magic, byte[] Data)> ReadExtensions(JsonElement array) => array.ValueKind == JsonValueKind.Array
        ? [.. array.EnumerateArray().Select((entry, i) => ReadExtension(entry, $"{DocumentKey.Extensions}[{i}]"))]
        : throw DocumentKey.Refuse(DocumentKey.Extensions, "it must be an array");

    private static (uint Magic, byte[] Data) ReadExtension(JsonElement entry, string at)
    {
        ulong magic = ExtensionMagic.End;
        byte[]? hex = null;
        byte[]? text = null;
        foreach (var (name, value) in JsonText.Members(entry, at))
        {
            var key = $"{at}.{name}";
            switch (name)
            {
                case DocumentKey.Magic:
                    magic = JsonText.Number(value, key, allowSuffix: false);
                    break;
                case DocumentKey.Hex:
                    hex = JsonText.Hex(value, key);
                    break;
                case DocumentKey.Text:
                    text = Encoding.UTF8.GetBytes(JsonText.Text(value, key));
                    break;
                case DocumentKey.Name or DocumentKey.Offset:
                    // They follow from the magic and from the list; they are there for readers.
                    break;
                default:
                    throw JsonText.Unknown(key);
            }
        }

        if (magic is ExtensionMagic.End or ExtensionMagic.Skip or > uint.MaxValue)
        {
            throw DocumentKey.Refuse($"{at}.{DocumentKey.Magic}",
                "it must be there, a number of 32 bits, not 0 (the end) nor 0x51324653 (Qcow2Fs's own)");
        }

        if (hex is not null && text is not null && !hex.AsSpan().SequenceEqual(text))
        {
            throw DocumentKey.Refuse(at, "hex and text have different contents; leave one of them out");
        }

        return ((uint)magic, hex ?? text ?? throw DocumentKey.Refuse(at, "it has no hex and no text"));
    }

    private static byte[]? ReadName(JsonElement name) => name.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Object => JsonText.Members(name, DocumentKey.BackingFile).ToList() is [(DocumentKey.Hex, var hex)]
            ? JsonText.Hex(hex, $"{DocumentKey.BackingFile}.{DocumentKey.Hex}")
            : throw DocumentKey.Refuse(DocumentKey.BackingFile, "an object must have one key, hex"),
        _ => Encoding.UTF8.GetBytes(JsonText.Text(name, DocumentKey.BackingFile)),
    };
}
