namespace Qcow2Fs.Codec.Json;

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
    public const string Hex = "hex";
    public const string Text = "text";

    /// <summary>A fixed field, as refusals name it.</summary>
    public static string Of(Field field) => $"{Header}.{field.Name}";

    /// <summary>An edit whose refusal names the key.</summary>
    /// <exception cref="HeaderException">What the edit threw, with the key in front.</exception>
    public static Header At(string key, Func<Header> edit)
    {
        try
        {
            return edit();
        }
        catch (HeaderException e)
        {
            throw new HeaderException(e.Error, $"{key}: {e.Message}");
        }
    }

    /// <summary>The refusal of a key's value.</summary>
    public static HeaderException Refuse(string key, string why, HeaderError error = HeaderError.Invalid) => new(error, $"{key}: {why}");
}
