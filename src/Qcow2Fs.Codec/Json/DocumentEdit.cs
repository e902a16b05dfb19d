using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Codec.Json;

/// <summary>
/// Makes a header what a document says. A value that the header already has is not said: so a document written back
/// unchanged changes no byte, and fields that follow from others follow (backing_file_size from a new name).
/// </summary>
public static class DocumentEdit
{
    // These have steps of their own, because others depend on them.
    private static readonly Field[] s_layout =
    [
        HeaderFields.ClusterBits, HeaderFields.Version, HeaderFields.HeaderLength, HeaderFields.BackingFileOffset, HeaderFields.BackingFileSize,
    ];

    /// <summary>The header as the document says, all of it or nothing.</summary>
    /// <exception cref="HeaderException">Any; the message starts with the key that cannot be followed.</exception>
    public static Header WithDocument(this Header header, HeaderDocument document)
    {
        // Where the cluster ends decides what the list is; the list must make sense before anything in it can move.
        var edited = WithSaid(header, header, document, HeaderFields.ClusterBits);
        edited = WithMalformed(edited, header, document);
        edited = WithSaid(edited, header, document, HeaderFields.Version);
        edited = WithHeaderLength(edited, header, document);
        edited = ListEdit.WithListAndName(edited, header, document);
        foreach (var field in HeaderFields.All.Except(s_layout))
        {
            edited = WithSaid(edited, header, document, field);
        }

        return edited;
    }

    /// <summary>Whether the document says another value than the header has.</summary>
    internal static bool Says(this HeaderDocument document, Header header, Field field) =>
        document.Fields.TryGetValue(field, out var value) && !(header.Has(field) && header[field] == value);

    internal static Header WithSaid(Header edited, Header header, HeaderDocument document, Field field)
    {
        if (!document.Says(header, field) || edited[field] == document.Fields[field])
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

    // A shorter header may not lose bytes, a longer one comes with zeros: the unknown bytes are set while they have room.
    private static Header WithHeaderLength(Header edited, Header header, HeaderDocument document)
    {
        if (document.UnknownBytes is not { } said || HeaderDocument.UnknownBytesOf(header).SequenceEqual(said))
        {
            return WithSaid(edited, header, document, HeaderFields.HeaderLength);
        }

        if (HeaderDocument.UnknownBytesOf(edited).Length > said.Length)
        {
            edited = HeaderDocument.WithUnknownBytes(edited, [.. said, .. new byte[HeaderDocument.UnknownBytesOf(edited).Length - said.Length]]);
        }

        edited = WithSaid(edited, header, document, HeaderFields.HeaderLength);
        var room = HeaderDocument.UnknownBytesOf(edited).Length;
        return room == said.Length
            ? HeaderDocument.WithUnknownBytes(edited, said)
            : throw DocumentKey.Refuse($"{DocumentKey.Header}.{DocumentKey.UnknownBytes}", $"it has {said.Length} bytes, header_length leaves {room}");
    }
}
