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
