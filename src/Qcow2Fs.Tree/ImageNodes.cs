using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Tree.Nodes;
using Qcow2Fs.Tree.Tables;

namespace Qcow2Fs.Tree;

/// <summary>The tree of every image, made from the codec's tables.</summary>
internal static class ImageNodes
{
    public static readonly DirectoryNode Root = new FixedDirectory("",
    [
        new FixedDirectory("header", [.. HeaderFields.All.Select(Field)]) { Summary = "the header's fixed fields" },
        new FixedDirectory("features", [.. FeatureGroup.All.Select(g => new FeaturesDirectory(g))]) { Summary = "the feature bits that are set" },
        new ExtensionsDirectory("extensions") { Summary = "the header extensions, raw" },
        new TextNode("backing_file", header => header.HasBackingFile ? header.BackingFileName.ToArray() : null, NameEdit.WithBackingFile)
        {
            CreateEdit = WithItsText,
            RemoveEdit = NameEdit.WithoutBackingFile,
            Summary = "the backing file's name",
        },
        Named("backing_format", ExtensionMagic.BackingFormat, "the backing file's format", NameEdit.WithBackingFormat),
        Named("data_file", ExtensionMagic.DataFile, "the external data file's name", (header, name) => header.WithExtension(ExtensionMagic.DataFile, name)),
        .. KnownExtensions.All.Where(known => known.Directory is not null).Select(Payload),
        TableNodes.Bitmaps,
        TableNodes.Snapshots,
        new HeaderBinNode("header.bin") { Summary = "the raw first cluster" },
        new StateNode("header.orig.bin", view => view.OriginalBytes, view => view.OriginalSize)
        {
            Summary = "the first cluster before the first change",
        },
        new JsonNode("header.json") { Summary = "the whole header as JSON" },
        new StateNode("problems", view => view.Problems.Text, view => view.Problems.Text.Length)
        {
            Summary = "what QEMU and the specification object to",
        },
        new StateNode("last_error", view => view.LastErrorBytes, view => view.LastErrorBytes.Length)
        {
            Summary = "why the last refused operation was refused",
        },
    ]);

    private static TextNode Field(Field field) => new TextNode(
        field.Name,
        header => header.Has(field) ? Number(header[field], field.Style) : null,
        (header, text) => header.WithField(field, Parse(text, allowSuffix: field == HeaderFields.Size)))
    {
        Summary = field.Summary,
    };

    private static TextNode Named(string name, uint magic, string summary, StoreText store) => new TextNode(
        name,
        header => header.TryGetExtension(magic, out var data) ? data.ToArray() : null,
        store)
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

    private static TextNode PayloadField(uint magic, Field field) => new(
        field.Name,
        header => header.TryGetExtension(magic, out var data) && data.Length >= field.End ? Number(field.Read(data), field.Style) : null,
        (header, text) => header.WithExtensionField(magic, field, Parse(text, allowSuffix: false)));

    // These exist as soon as they have a text and not before, so creating one changes nothing yet.
    private static Header WithItsText(Header header) => header;

    private static byte[] Number(ulong value, FieldStyle style) => Encoding.ASCII.GetBytes(NumberText.Format(value, style));

    private static ulong Parse(ReadOnlySpan<byte> text, bool allowSuffix) => NumberText.Parse(Encoding.Latin1.GetString(text), allowSuffix);
}
