namespace Qcow2Fs.Codec.Json;

/// <summary>Takes values out of JSON; each refusal names the key.</summary>
internal static class JsonText
{
    public static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement value, string key)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw DocumentKey.Refuse(key, "it must be an object");
        }

        // The parser could refuse duplicates, but it seeds a hash from OpenSSL, a shared library: a static program must not load one.
        var names = new HashSet<string>();
        foreach (var member in value.EnumerateObject())
        {
            var name = Decode(() => member.Name, key, "a key is not text");
            yield return names.Add(name) ? (name, member.Value) : throw DocumentKey.Refuse($"{key}.{name}", "it is there twice");
        }
    }

    /// <summary>A number, or a string with a number as people write it.</summary>
    public static ulong Number(JsonElement value, string key, bool allowSuffix)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.TryGetUInt64(out var number)
                ? number
                : throw DocumentKey.Refuse(key, "it must be a whole number from 0 to 2^64-1",
                    value.GetRawText().All(char.IsAsciiDigit) ? HeaderError.OutOfRange : HeaderError.Invalid);
        }

        var text = Text(value, key, "a number, or a string with one");
        return DocumentKey.At(key, () => NumberText.Parse(text, allowSuffix));
    }

    public static byte[] Hex(JsonElement value, string key)
    {
        try
        {
            return Convert.FromHexString(Text(value, key));
        }
        catch (FormatException)
        {
            throw DocumentKey.Refuse(key, "it must be pairs of hex digits");
        }
    }

    public static string Text(JsonElement value, string key, string kind = "a string") => value.ValueKind == JsonValueKind.String
        ? Decode(() => value.GetString()!, key, "it is not text; write hex")
        : throw DocumentKey.Refuse(key, $"it must be {kind}");

    // Invalid UTF-8 and half of a surrogate pair are valid to the parser, but not text.
    private static string Decode(Func<string> text, string key, string refusal)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException)
        {
            throw DocumentKey.Refuse(key, refusal);
        }
    }

    public static HeaderException Unknown(string key) =>
        DocumentKey.Refuse(key.Length > 100 ? key[..100] + "..." : key, "there is no such key");
}

/// <summary>The keys of a header's JSON document.</summary>
internal static class DocumentKey
{
    public const string Header = "header";
    public const string UnknownBytes = "unknown_bytes";
    public const string Extensions = "extensions";
    public const string Malformed = "malformed";
    public const string BackingFile = "backing_file";
    public const string Magic = "magic";
    public const string Name = "name";
    public const string Offset = "offset";
    public const string Hex = "hex";
    public const string Text = "text";

    /// <summary>The key of a fixed field, as errors name it.</summary>
    public static string Of(Field field) => $"{Header}.{field.Name}";

    /// <summary>Runs an action; its error gets the key in front.</summary>
    /// <exception cref="HeaderException">What the action threw, with the key in front.</exception>
    public static T At<T>(string key, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (HeaderException e)
        {
            throw new HeaderException(e.Error, $"{key}: {e.Message}");
        }
    }

    /// <summary>The error of a key's value.</summary>
    public static HeaderException Refuse(string key, string why, HeaderError error = HeaderError.Invalid) => new(error, $"{key}: {why}");
}
