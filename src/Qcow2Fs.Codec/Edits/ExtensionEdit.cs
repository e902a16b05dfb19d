namespace Qcow2Fs.Codec.Edits;

/// <summary>Adds, changes and removes header extensions; whatever an edit does not name keeps its bytes and its order.</summary>
public static class ExtensionEdit
{
    /// <summary>The header with an extension more, at the end of the list. Its magic is any but 0, which ends the list.</summary>
    /// <exception cref="HeaderException">Invalid, NoRoom or Malformed.</exception>
    public static Header WithExtensionAdded(this Header header, uint magic, ReadOnlySpan<byte> data)
    {
        var end = header.Extensions.ItemsEnd;
        return HeaderComposer.Splice(header, end, end, Entry(magic, data, header));
    }

    /// <summary>The header with another payload in the extension at that index of the list.</summary>
    /// <exception cref="HeaderException">NoRoom or Malformed.</exception>
    public static Header WithExtensionData(this Header header, int index, ReadOnlySpan<byte> data)
    {
        var list = header.Extensions;
        var item = list.Items[index];
        return data.Length == item.Length && list.Problem is null
            ? header.WithRawBytes(item.DataOffset, data)
            : HeaderComposer.Splice(header, item.Offset, list.EndOf(index), Entry(item.Magic, data, header));
    }

    /// <summary>The header with another value in a field of the payload of the last extension of that magic.</summary>
    /// <exception cref="HeaderException">Invalid: no such extension, or it is too short. OutOfRange: wider than the field.</exception>
    public static Header WithExtensionField(this Header header, uint magic, Field field, ulong value)
    {
        if (!header.TryGetExtension(magic, out var data) || data.Length < field.End)
        {
            throw new HeaderException(HeaderError.Invalid,
                $"this header has no {KnownExtensions.NameOf(magic)} extension with a field {field.Name}");
        }

        FieldEdit.RequireFits(field, value);
        var changed = data.ToArray();
        field.Write(changed, value);
        return header.WithExtensionData(header.LastIndexOf(magic), changed);
    }

    /// <summary>The header with another magic for the extension at that index; offset, payload and padding stay.</summary>
    /// <exception cref="HeaderException">Invalid or Malformed.</exception>
    public static Header WithExtensionMagic(this Header header, int index, uint magic)
    {
        RequireMagic(magic);
        var list = header.Extensions;
        var item = list.Items[index];
        var entry = header.Bytes[item.Offset..list.EndOf(index)].ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(entry, magic);
        return HeaderComposer.Splice(header, item.Offset, list.EndOf(index), entry);
    }

    /// <summary>The header without the extension at that index.</summary>
    /// <exception cref="HeaderException">Malformed.</exception>
    public static Header WithoutExtension(this Header header, int index) =>
        HeaderComposer.Splice(header, header.Extensions.Items[index].Offset, header.Extensions.EndOf(index), []);

    /// <summary>The header without any extension of that magic.</summary>
    /// <exception cref="HeaderException">Malformed.</exception>
    public static Header WithoutExtensions(this Header header, uint magic)
    {
        var list = header.Extensions;
        var kept = new MemoryStream(list.ItemsEnd - list.Start);
        for (var i = 0; i < list.Items.Length; i++)
        {
            if (list.Items[i].Magic != magic)
            {
                kept.Write(header.Bytes.Span[list.Items[i].Offset..list.EndOf(i)]);
            }
        }

        var items = kept.GetBuffer().AsSpan(0, (int)kept.Length);
        return items.Length == list.ItemsEnd - list.Start ? header : HeaderComposer.ReplaceItems(header, items);
    }

    /// <summary>The header with that payload in the last extension of the magic, the one that QEMU obeys; added if there is none.</summary>
    /// <exception cref="HeaderException">NoRoom or Malformed.</exception>
    public static Header WithExtension(this Header header, uint magic, ReadOnlySpan<byte> data) =>
        header.LastIndexOf(magic) is >= 0 and var index ? header.WithExtensionData(index, data) : header.WithExtensionAdded(magic, data);

    /// <summary>The header with its list ended where it cannot be decoded any further; the bytes behind become zero.</summary>
    /// <exception cref="HeaderException">NoRoom: there are too few bytes even for an end marker.</exception>
    public static Header WithoutMalformedRest(this Header header) =>
        header.Extensions.IsMalformed ? HeaderComposer.DropMalformed(header) : header;

    /// <summary>
    /// The header without what a crash in the middle of a commit may have left: <see cref="ExtensionMagic.Skip"/>.
    /// The header itself where the list cannot be decoded.
    /// </summary>
    public static Header WithoutSkip(this Header header) =>
        header.CanMoveList && header.LastIndexOf(ExtensionMagic.Skip) >= 0 ? header.WithoutExtensions(ExtensionMagic.Skip) : header;

    private static byte[] Entry(uint magic, ReadOnlySpan<byte> data, Header header)
    {
        RequireMagic(magic);
        return data.Length <= header.Limit ? Extension.Encode(magic, data) : throw new HeaderException(HeaderError.NoRoom,
            $"an extension of {data.Length} bytes does not fit the first cluster, which has {header.Limit}");
    }

    private static void RequireMagic(uint magic)
    {
        if (magic == ExtensionMagic.End)
        {
            throw new HeaderException(HeaderError.Invalid, "magic 0 ends the list, it cannot be an extension");
        }
    }
}
