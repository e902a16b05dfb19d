namespace Qcow2Fs.Codec.Json;

/// <summary>
/// A header as a JSON document, or the changes to one: what a document does not mention is null or missing here and stays as it is.
/// </summary>
public sealed partial class HeaderDocument
{
    internal HeaderDocument()
    {
    }

    /// <summary>Fixed fields.</summary>
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
    /// <remarks>An extension without payload takes 8 bytes in the list and up to some 130 in a document.</remarks>
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
            ? HeaderFields.All.Gaps(header.Extensions.Start, header.Has)
            : [];
}
