namespace Qcow2Fs.Tree.Nodes;

/// <summary>The tree of every image, made from the codec's tables.</summary>
internal static class ImageNodes
{
    public static readonly DirectoryNode Root = new FixedDirectory("",
    [
        new FixedDirectory("header", [.. HeaderFields.All.Select(HeaderField)]) { Summary = "the header's fixed fields" },
        new FixedDirectory("features", [.. FeatureGroup.All.Select(g => new FeaturesDirectory(g))])
        {
            Summary = "the feature bits that are set",
        },
        new ExtensionsDirectory("extensions") { Summary = "the header extensions, raw" },
        new AttributeNode("backing_file", header => header.HasBackingFile ? header.BackingFileName.ToArray() : null,
            AttributeNode.ParseBytes(NameEdit.RequireBackingFile, (header, name) => header.WithBackingFile(name)))
        {
            CreateEdit = WithItsText,
            RemoveEdit = NameEdit.WithoutBackingFile,
            Summary = "the backing file's name",
        },
        Named("backing_format", ExtensionMagic.BackingFormat, "the backing file's format",
            AttributeNode.ParseBytes(NameEdit.RequireBackingFormat, (header, format) => header.WithBackingFormat(format))),
        Named("data_file", ExtensionMagic.DataFile, "the external data file's name",
            AttributeNode.ParseBytes(_ => { }, (header, name) => header.WithExtension(ExtensionMagic.DataFile, name))),
        .. KnownExtensions.All.Where(known => known.Directory is not null).Select(Payload),
        TableNodes.Bitmaps,
        TableNodes.Snapshots,
        EntryNodes.ActiveL1,
        EntryNodes.ActiveL2,
        EntryNodes.RefcountTable,
        EntryNodes.Refcounts,
        new RawHeaderNode("header.bin") { Summary = "the raw first cluster" },
        State("header.orig.bin", "the first cluster before the first change",
            view => view.Session.OriginalBytes(), view => view.Session.OriginalSize(view)),
        new JsonNode("header.json") { Summary = "the whole header as JSON" },
        new LayoutNode("layout") { Summary = "the first cluster, piece by piece" },
        State("problems", "what QEMU and the specification object to", view => view.Session.Problems(view)),
        State("last_error", "why the last refused operation was refused", view => view.Session.Guard.LastError),
    ]);

    private static ReadOnlyNode State(
        string name, string summary, Func<ReadView, ReadOnlyMemory<byte>> content, Func<ReadView, long>? length = null) =>
        new(name, view => content(view)) { IsState = true, Length = length, Summary = summary };

    private static AttributeNode HeaderField(Field field) => Number(
        field,
        header => header.Has(field) ? header[field] : null,
        (header, value) => header.WithField(field, value));

    private static AttributeNode PayloadField(uint magic, Field field) => Number(
        field,
        header => header.TryGetExtension(magic, out var data) && data.Length >= field.End ? field.Read(data) : null,
        (header, value) => header.WithExtensionField(magic, field, value));

    private static AttributeNode Number(Field field, Func<Header, ulong?> show, Func<Header, ulong, Header> edit) => new(
        field.Name,
        header => show(header) is { } value ? Encoding.ASCII.GetBytes(NumberText.Format(value, field.Style)) : null,
        text =>
        {
            var value = NumberText.Parse(PathText.Decode(text), allowSuffix: field == HeaderFields.Size);
            FieldEdit.RequireFits(field, value);
            return header => edit(header, value);
        })
    {
        Summary = field.Summary,
    };

    private static AttributeNode Named(string name, uint magic, string summary, ParseText parse) => new(
        name, header => header.TryGetExtension(magic, out var data) ? data.ToArray() : null, parse)
    {
        CreateEdit = WithItsText,
        RemoveEdit = header => header.WithoutExtensions(magic),
        Summary = summary,
    };

    private static FixedDirectory Payload(KnownExtension known) => new(
        known.Directory!,
        [.. known.Fields.Select(field => PayloadField(known.Magic, field))],
        header => header.LastIndexOf(known.Magic) >= 0)
    {
        Summary = known.Summary,
    };

    // These exist as soon as they have a text and not before, so creating one changes nothing yet.
    private static Header WithItsText(Header header) => header;
}
