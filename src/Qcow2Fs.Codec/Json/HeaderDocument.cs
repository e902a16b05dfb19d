using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Qcow2Fs.Codec.Json;

/// <summary>A header as a JSON document, or changes to one: what it does not mention is null or missing here, and stays as it is.</summary>
public sealed partial class HeaderDocument
{
    // No web page shows a document, so < and ' stay readable.
    private static readonly JsonWriterOptions s_writeOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly SearchValues<byte> s_controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b).Except("\t\n\r"u8.ToArray()), 0x7f]);

    internal HeaderDocument() { }

    internal Dictionary<Field, ulong> Fields { get; } = [];

    /// <summary>The fixed header's bytes that no field names, one after the other.</summary>
    internal byte[]? UnknownBytes { get; set; }

    /// <summary>The extensions in on-disk order.</summary>
    internal List<(uint Magic, byte[] Data)>? Extensions { get; set; }

    /// <summary>The rest of a list that cannot be decoded; empty for none.</summary>
    internal byte[]? Malformed { get; set; }

    /// <summary>Whether the backing file is mentioned, also as null for none.</summary>
    internal bool MentionsBackingFile { get; set; }

    /// <summary>The backing file's name, or null for none.</summary>
    internal byte[]? BackingFile { get; set; }

    /// <summary>The length up to which a document is worth reading for a header of that cluster size, in bytes.</summary>
    /// <remarks>An extension without payload takes 8 bytes in the list and up to some 160 in a document.</remarks>
    public static int MaxLength(int clusterSize) => (64 << 10) + (32 * clusterSize);

    /// <summary>The fixed header's bytes that no field names; empty where header_length is not valid.</summary>
    internal static byte[] UnknownBytesOf(Header header) =>
        [.. UnknownRanges(header).SelectMany(range => header.Bytes[range.Start..range.End].ToArray())];

    /// <summary>The header with other bytes where no field is; there must be as many.</summary>
    internal static Header WithUnknownBytes(Header header, ReadOnlySpan<byte> bytes)
    {
        foreach (var (start, end) in UnknownRanges(header))
        {
            header = header.WithRawBytes(start, bytes[..(end - start)]);
            bytes = bytes[(end - start)..];
        }

        return header;
    }

    private static IEnumerable<(int Start, int End)> UnknownRanges(Header header) =>
        header[HeaderFields.HeaderLength] == (ulong)header.Extensions.Start
            ? HeaderFields.All.Gaps(header.Extensions.Start, header.Has) : [];

    /// <summary>The header as a document: UTF-8 text, indented, with stable keys and a newline at its end.</summary>
    public static byte[] Write(Header header)
    {
        var measured = new DocumentBuffer(null);
        WriteTo(measured, header);
        var document = new byte[measured.Length];
        WriteTo(new DocumentBuffer(document), header);
        return document;
    }

    private static void WriteTo(DocumentBuffer buffer, Header header)
    {
        using (var json = new Utf8JsonWriter(buffer, s_writeOptions))
        {
            json.WriteStartObject();
            WriteFields(json, header);
            WriteExtensions(json, header);
            json.WriteString(DocumentKey.Malformed,
                header.Extensions.IsMalformed ? Convert.ToHexStringLower(header.MalformedBytes) : null);
            WriteBackingFile(json, header);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
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
        foreach (var bit in FeatureGroup.BitsOf(header[group.Field]))
        {
            json.WriteNumberValue(bit);
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

            json.WriteNumber(DocumentKey.Offset, extension.Offset);
            json.WriteString(DocumentKey.Hex, Convert.ToHexStringLower(data));
            if (IsPrintable(data))
            {
                json.WriteString(DocumentKey.Text, data);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
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

    private static bool IsPrintable(ReadOnlySpan<byte> data) => !data.ContainsAny(s_controls) && Utf8.IsValid(data);
}
