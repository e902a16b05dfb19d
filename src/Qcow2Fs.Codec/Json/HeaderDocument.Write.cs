using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Qcow2Fs.Codec.Json;

// Writing.
public sealed partial class HeaderDocument
{
    // No web page shows a document, so < and ' stay readable.
    private static readonly JsonWriterOptions s_writeOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The header as a document: UTF-8 text, indented, with stable keys and a newline at its end.</summary>
    public static byte[] Write(Header header)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_writeOptions))
        {
            json.WriteStartObject();
            WriteFields(json, header);
            WriteExtensions(json, header);
            WriteMalformed(json, header);
            WriteBackingFile(json, header);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteFields(Utf8JsonWriter json, Header header)
    {
        json.WriteStartObject(DocumentKey.Header);
        foreach (var field in HeaderFields.All.Where(header.Has))
        {
            if (FeatureGroup.All.FirstOrDefault(g => g.Field == field) is { } group)
            {
                WriteBits(json, header, group);
            }
            else
            {
                json.WriteNumber(field.Name, header[field]);
            }
        }

        if (UnknownBytesOf(header) is [_, ..] unknown)
        {
            json.WriteString(DocumentKey.UnknownBytes, Convert.ToHexStringLower(unknown));
        }

        json.WriteEndObject();
    }

    private static void WriteBits(Utf8JsonWriter json, Header header, FeatureGroup group)
    {
        json.WriteStartArray(group.Field.Name);
        for (var bit = 0; bit < FeatureGroup.BitCount; bit++)
        {
            if (header.HasFeature(group, bit))
            {
                json.WriteNumberValue(bit);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteExtensions(Utf8JsonWriter json, Header header)
    {
        json.WriteStartArray(DocumentKey.Extensions);
        foreach (var extension in header.Extensions.Items)
        {
            var data = header.DataOf(extension);
            json.WriteStartObject();
            json.WriteString(DocumentKey.Magic, NumberText.Format(extension.Magic, FieldStyle.Hex));
            if (KnownExtensions.NameOf(extension.Magic) is { } name)
            {
                json.WriteString(DocumentKey.Name, name);
            }

            json.WriteString(DocumentKey.Hex, Convert.ToHexStringLower(data));
            if (IsPrintable(data))
            {
                json.WriteString(DocumentKey.Text, data);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMalformed(Utf8JsonWriter json, Header header)
    {
        if (header.Extensions.IsMalformed)
        {
            json.WriteString(DocumentKey.Malformed, Convert.ToHexStringLower(header.MalformedBytes));
        }
        else
        {
            json.WriteNull(DocumentKey.Malformed);
        }
    }

    private static void WriteBackingFile(Utf8JsonWriter json, Header header)
    {
        if (!header.HasBackingFile)
        {
            json.WriteNull(DocumentKey.BackingFile);
        }
        else if (Utf8.IsValid(header.BackingFileName))
        {
            json.WriteString(DocumentKey.BackingFile, header.BackingFileName);
        }
        else
        {
            json.WriteStartObject(DocumentKey.BackingFile);
            json.WriteString(DocumentKey.Hex, Convert.ToHexStringLower(header.BackingFileName));
            json.WriteEndObject();
        }
    }

    private static bool IsPrintable(ReadOnlySpan<byte> data)
    {
        foreach (var b in data)
        {
            if (b is 0x7f or (< 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r')))
            {
                return false;
            }
        }

        return Utf8.IsValid(data);
    }
}
