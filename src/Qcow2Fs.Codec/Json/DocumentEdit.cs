using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Codec.Json;

/// <summary>
/// Applies a document to a header. Values equal to the header's are ignored, so that a document written back unchanged changes no
/// byte, and a field that depends on another follows it (backing_file_size a new name).
/// </summary>
public static class DocumentEdit
{
    // Other parts depend on these, so each has a step of its own.
    private static readonly Field[] s_layout =
    [
        HeaderFields.ClusterBits, HeaderFields.Version, HeaderFields.HeaderLength, HeaderFields.BackingFileOffset, HeaderFields.BackingFileSize,
    ];

    /// <summary>The header with all changes of the document.</summary>
    /// <exception cref="HeaderException">Any, and nothing is changed; the message starts with the key that cannot be applied.</exception>
    public static Header WithDocument(this Header header, HeaderDocument document)
    {
        // The end of the cluster decides what the list is, and the list must decode before anything in it can move.
        var edited = WithField(header, header, document, HeaderFields.ClusterBits);
        edited = WithMalformed(edited, header, document);
        edited = WithField(edited, header, document, HeaderFields.Version);
        edited = WithHeaderLength(edited, header, document);
        edited = ListEdit.WithListAndName(edited, header, document);
        foreach (var field in HeaderFields.All.Except(s_layout))
        {
            edited = WithField(edited, header, document, field);
        }

        return edited;
    }

    /// <summary>Whether the document gives the field another value than the header has.</summary>
    internal static bool Changes(this HeaderDocument document, Header header, Field field) =>
        document.Fields.TryGetValue(field, out var value) && !(header.Has(field) && header[field] == value);

    internal static Header WithField(Header edited, Header header, HeaderDocument document, Field field)
    {
        if (!document.Changes(header, field) || edited[field] == document.Fields[field])
        {
            return edited;
        }

        return DocumentKey.At(DocumentKey.Of(field), () => edited.WithField(field, document.Fields[field]));
    }

    private static Header WithMalformed(Header edited, Header header, HeaderDocument document)
    {
        if (document.Malformed is not { } rest || header.MalformedBytes.SequenceEqual(rest))
        {
            return edited;
        }

        return rest.Length == 0
            ? DocumentKey.At(DocumentKey.Malformed, edited.WithoutMalformedRest)
            : throw DocumentKey.Refuse(DocumentKey.Malformed, "what cannot be decoded can be removed (null) but not written; write header.bin");
    }

    // A header cannot become shorter by bytes that are not zero, and grows by zeros: the unknown bytes are set in the longer of both.
    private static Header WithHeaderLength(Header edited, Header header, HeaderDocument document)
    {
        if (document.UnknownBytes is not { } wanted || HeaderDocument.UnknownBytesOf(header).SequenceEqual(wanted))
        {
            return WithField(edited, header, document, HeaderFields.HeaderLength);
        }

        if (HeaderDocument.UnknownBytesOf(edited).Length > wanted.Length)
        {
            edited = HeaderDocument.WithUnknownBytes(edited, [.. wanted, .. new byte[HeaderDocument.UnknownBytesOf(edited).Length - wanted.Length]]);
        }

        edited = WithField(edited, header, document, HeaderFields.HeaderLength);
        var room = HeaderDocument.UnknownBytesOf(edited).Length;
        return room == wanted.Length
            ? HeaderDocument.WithUnknownBytes(edited, wanted)
            : throw DocumentKey.Refuse($"{DocumentKey.Header}.{DocumentKey.UnknownBytes}", $"it has {wanted.Length} bytes, header_length leaves {room}");
    }
}
