namespace Qcow2Fs.Tree.Nodes;

/// <summary>The tree of every image, made from the codec's tables.</summary>
internal static class ImageNodes
{
    public static readonly DirectoryNode Root = new FixedDirectory("",
    [
        new FixedDirectory("header", [.. HeaderFields.All.Select(Field)]) { Summary = "the header's fixed fields" },
        new FixedDirectory("features", [.. FeatureGroup.All.Select(g => new FeaturesDirectory(g))])
        {
            Summary = "the feature bits that are set",
        },
        new ExtensionsDirectory("extensions") { Summary = "the header extensions, raw" },
        new AttributeNode("backing_file", header => header.HasBackingFile ? header.BackingFileName.ToArray() : null, text =>
        {
            NameEdit.RequireBackingFile(text);
            var name = text.ToArray();
            return header => header.WithBackingFile(name);
        })
        {
            CreateEdit = WithItsText,
            RemoveEdit = NameEdit.WithoutBackingFile,
            Summary = "the backing file's name",
        },
        Named("backing_format", ExtensionMagic.BackingFormat, "the backing file's format", text =>
        {
            NameEdit.RequireBackingFormat(text);
            var format = text.ToArray();
            return header => header.WithBackingFormat(format);
        }),
        Named("data_file", ExtensionMagic.DataFile, "the external data file's name", text =>
        {
            var name = text.ToArray();
            return header => header.WithExtension(ExtensionMagic.DataFile, name);
        }),
        .. KnownExtensions.All.Where(known => known.Directory is not null).Select(Payload),
        TableNodes.Bitmaps,
        TableNodes.Snapshots,
        new RawHeaderNode("header.bin") { Summary = "the raw first cluster" },
        State("header.orig.bin", "the first cluster before the first change",
            view => view.Session.OriginalBytes(), view => view.Session.OriginalSize(view)),
        new JsonNode("header.json") { Summary = "the whole header as JSON" },
        State("problems", "what QEMU and the specification object to", view => view.Session.Problems(view)),
        State("last_error", "why the last refused operation was refused", view => view.Session.Guard.LastError),
    ]);

    private static ReadOnlyNode State(
        string name, string summary, Func<ReadView, ReadOnlyMemory<byte>> content, Func<ReadView, long>? length = null) =>
        new(name, view => content(view)) { IsState = true, Length = length, Summary = summary };

    private static AttributeNode Field(Field field) => new AttributeNode(
        field.Name,
        header => header.Has(field) ? Number(header[field], field.Style) : null,
        text =>
        {
            var value = ParseNumber(text, allowSuffix: field == HeaderFields.Size);
            FieldEdit.RequireFits(field, value);
            return header => header.WithField(field, value);
        })
    {
        Summary = field.Summary,
    };

    private static AttributeNode Named(string name, uint magic, string summary, ParseText parse) => new AttributeNode(
        name,
        header => header.TryGetExtension(magic, out var data) ? data.ToArray() : null,
        parse)
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

    private static AttributeNode PayloadField(uint magic, Field field) => new(
        field.Name,
        header => header.TryGetExtension(magic, out var data) && data.Length >= field.End ? Number(field.Read(data), field.Style) : null,
        text =>
        {
            var value = ParseNumber(text, allowSuffix: false);
            FieldEdit.RequireFits(field, value);
            return header => header.WithExtensionField(magic, field, value);
        });

    // These exist as soon as they have a text and not before, so creating one changes nothing yet.
    private static Header WithItsText(Header header) => header;

    private static byte[] Number(ulong value, FieldStyle style) => Encoding.ASCII.GetBytes(NumberText.Format(value, style));

    private static ulong ParseNumber(ReadOnlySpan<byte> text, bool allowSuffix) =>
        NumberText.Parse(Encoding.Latin1.GetString(text), allowSuffix);
}
