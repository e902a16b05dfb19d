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
        HeaderFields.ClusterBits, HeaderFields.Version, HeaderFields.HeaderLength,
        HeaderFields.BackingFileOffset, HeaderFields.BackingFileSize,
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

    internal static Header WithField(Header edited, Header header, HeaderDocument document, Field field) =>
        document.Changes(header, field) && edited[field] != document.Fields[field]
            ? DocumentKey.At(DocumentKey.Of(field), () => edited.WithField(field, document.Fields[field]))
            : edited;

    private static Header WithMalformed(Header edited, Header header, HeaderDocument document) =>
        document.Malformed is not { } rest || header.MalformedBytes.SequenceEqual(rest) ? edited
        : rest.Length == 0 ? DocumentKey.At(DocumentKey.Malformed, edited.WithoutMalformedRest)
        : throw DocumentKey.Refuse(DocumentKey.Malformed, "what cannot be decoded can be removed (null) but not written; write header.bin");

    // A header cannot become shorter by bytes that are not zero, and grows by zeros: the unknown bytes are set in the longer of both.
    private static Header WithHeaderLength(Header edited, Header header, HeaderDocument document)
    {
        if (document.UnknownBytes is not { } wanted || HeaderDocument.UnknownBytesOf(header).SequenceEqual(wanted))
        {
            return WithField(edited, header, document, HeaderFields.HeaderLength);
        }

        if (HeaderDocument.UnknownBytesOf(edited).Length > wanted.Length)
        {
            edited = HeaderDocument.WithUnknownBytes(edited,
                [.. wanted, .. new byte[HeaderDocument.UnknownBytesOf(edited).Length - wanted.Length]]);
        }

        edited = WithField(edited, header, document, HeaderFields.HeaderLength);
        var room = HeaderDocument.UnknownBytesOf(edited).Length;
        return room == wanted.Length
            ? HeaderDocument.WithUnknownBytes(edited, wanted)
            : throw DocumentKey.Refuse($"{DocumentKey.Header}.{DocumentKey.UnknownBytes}",
                $"it has {wanted.Length} bytes, header_length leaves {room}");
    }
}

/// <summary>Applies the parts of a document that move others: the list of extensions and the backing file's name after it.</summary>
internal static class ListEdit
{
    /// <summary>The edited header with the list and the name of the document, which was written for <paramref name="header"/>.</summary>
    public static Header WithListAndName(Header edited, Header header, HeaderDocument document)
    {
        var name = document.BackingFile;
        var changesName = document.MentionsBackingFile && !HasName(header, name);
        var changesList = document.Extensions is { } list && !HasList(header, list) && !HasList(edited, list);
        if (changesName && (name is null || changesList))
        {
            // Removed first, so that a longer list can use its bytes.
            edited = DocumentKey.At(DocumentKey.BackingFile, edited.WithoutBackingFile);
        }

        if (changesList)
        {
            edited = DocumentKey.At(DocumentKey.Extensions, () => HeaderComposer.ReplaceItems(edited, Items(edited, document.Extensions!)));
        }

        if (changesName && name is not null)
        {
            edited = DocumentKey.At(DocumentKey.BackingFile, () => edited.WithBackingFile(name));
        }

        return WithNameOffset(edited, header, document);
    }

    private static bool HasName(Header header, byte[]? name) =>
        name is null ? !header.HasBackingFile : header.HasBackingFile && header.BackingFileName.SequenceEqual(name);

    private static bool HasList(Header header, List<(uint Magic, byte[] Data)> list)
    {
        var items = header.Extensions.Items;
        return items.Length == list.Count
            && !items.Where((item, i) => item.Magic != list[i].Magic || !header.DataOf(item).SequenceEqual(list[i].Data)).Any();
    }

    // An extension that the list already has is copied with its padding.
    private static byte[] Items(Header header, List<(uint Magic, byte[] Data)> list)
    {
        var known = header.Extensions.Items
            .Select((item, i) => (Key: KeyOf(item.Magic, header.DataOf(item)), Index: i))
            .GroupBy(item => item.Key, item => item.Index)
            .ToDictionary(group => group.Key, group => new Queue<int>(group));

        var items = new MemoryStream();
        foreach (var (magic, data) in list)
        {
            // The end of the area may have cut the last one's padding.
            items.Write(new byte[-items.Length & 7]);
            items.Write(known.TryGetValue(KeyOf(magic, data), out var indexes) && indexes.TryDequeue(out var index)
                ? header.Bytes.Span[header.Extensions.Items[index].Offset..header.Extensions.EndOf(index)]
                : Extension.Encode(magic, data));
        }

        return items.ToArray();
    }

    private static string KeyOf(uint magic, ReadOnlySpan<byte> data) =>
        NumberText.Format(magic, FieldStyle.Hex) + Convert.ToHexString(data);

    // With a name, the offset moves the name; without one it is a field like any other.
    private static Header WithNameOffset(Header edited, Header header, HeaderDocument document)
    {
        if (document.Changes(header, HeaderFields.BackingFileOffset) && document.MentionsBackingFile
            && edited[HeaderFields.BackingFileOffset] != document.Fields[HeaderFields.BackingFileOffset])
        {
            var offset = document.Fields[HeaderFields.BackingFileOffset];
            edited = DocumentKey.At(DocumentKey.Of(HeaderFields.BackingFileOffset), () => WithNameAt(edited, offset));
        }

        edited = DocumentEdit.WithField(edited, header, document, HeaderFields.BackingFileOffset);
        return DocumentEdit.WithField(edited, header, document, HeaderFields.BackingFileSize);
    }

    private static Header WithNameAt(Header header, ulong offset)
    {
        if (!header.HasBackingFile || offset == 0)
        {
            throw new HeaderException(HeaderError.Invalid, $"{offset} contradicts backing_file; leave one of them out");
        }

        var name = header.BackingFileName.ToArray();
        var free = header.WithoutBackingFile();
        var list = free.Extensions;
        var dataEnd = list.Items.IsEmpty ? list.Start : list.Items[^1].DataEnd;
        // A list without an end marker may end at the name, also within the last padding.
        var endsList = offset >= (ulong)dataEnd && offset <= (ulong)list.ItemsEnd;
        if (!endsList && offset < (ulong)list.TailEnd)
        {
            throw new HeaderException(HeaderError.Invalid, $"{offset} is before the extension list's end at {list.TailEnd}");
        }

        if (offset + (ulong)name.Length > (ulong)free.Limit || offset > (ulong)free.Limit)
        {
            throw new HeaderException(HeaderError.NoRoom,
                $"the name's {name.Length} bytes at {offset} go past the first cluster, which has {free.Limit}");
        }

        return free.WithBytes(bytes =>
        {
            if (endsList)
            {
                bytes.AsSpan(list.ItemsEnd..list.TailEnd).Clear();
            }

            name.CopyTo(bytes, (int)offset);
            HeaderFields.BackingFileOffset.Write(bytes, offset);
            HeaderFields.BackingFileSize.Write(bytes, (ulong)name.Length);
        });
    }
}
