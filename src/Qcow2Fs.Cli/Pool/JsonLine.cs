using System.Text.Encodings.Web;
using System.Text.Json;

namespace Qcow2Fs.Cli.Pool;

/// <summary>JSON as commands print it: an object a line.</summary>
internal static class JsonLine
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An object with the properties that <paramref name="write"/> writes, and a newline.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }

    /// <summary>Writes a name: as text, and, if it is not UTF-8, as hex beside it.</summary>
    public static void WriteBytes(Utf8JsonWriter json, string property, byte[] name)
    {
        var text = Encoding.UTF8.GetString(name);
        json.WriteString(property, text);
        if (!Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(name))
        {
            json.WriteString($"{property}_bytes", Convert.ToHexStringLower(name));
        }
    }
}
