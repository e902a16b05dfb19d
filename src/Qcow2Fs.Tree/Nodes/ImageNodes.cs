using System.Buffers.Binary;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Tree.Session;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The tree of every image, made from the codec's tables.</summary>
internal static class ImageNodes
{
    // The extension points at the LUKS header by two numbers of 8 bytes (specification, "Full disk encryption header pointer").
    private const int CryptoOffset = 0;
    private const int CryptoLength = 8;

    public static readonly DirectoryNode Root = new FixedDirectory("",
    [
        new FixedDirectory("header", [.. HeaderFields.All.Select(Field)]) { Summary = "the header's fixed fields" },
        new FixedDirectory("features", [.. FeatureGroup.All.Select(g => new FeaturesDirectory(g))]) { Summary = "the feature bits that are set" },
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
        new FixedDirectory("encryption",
            [Crypto("offset", CryptoOffset, FieldStyle.Hex), Crypto("length", CryptoLength, FieldStyle.Decimal)],
            header => header.LastIndexOf(ExtensionMagic.CryptoHeader) >= 0)
        {
            Summary = "where the LUKS header lies",
        },
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

    private static AttributeNode Field(HeaderField field) => new AttributeNode(
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
        header => header.LastIndexOf(magic) is >= 0 and var index ? header.DataOf(header.Extensions.Items[index]).ToArray() : null,
        parse)
    {
        CreateEdit = WithItsText,
        RemoveEdit = header => header.WithoutExtensions(magic),
        Summary = summary,
    };

    private static AttributeNode Crypto(string name, int offset, FieldStyle style) => new AttributeNode(
        name,
        header => CryptoField(header, offset) is [_, ..] field ? Number(BinaryPrimitives.ReadUInt64BigEndian(field), style) : null,
        text =>
        {
            var value = ParseNumber(text, allowSuffix: false);
            return header =>
            {
                var index = header.LastIndexOf(ExtensionMagic.CryptoHeader);
                var data = header.DataOf(header.Extensions.Items[index]).ToArray();
                BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(offset), value);
                return header.WithExtensionData(index, data);
            };
        });

    private static ReadOnlySpan<byte> CryptoField(Header header, int offset)
    {
        var index = header.LastIndexOf(ExtensionMagic.CryptoHeader);
        return index >= 0 && header.Extensions.Items[index].Length >= offset + sizeof(ulong)
            ? header.DataOf(header.Extensions.Items[index]).Slice(offset, sizeof(ulong))
            : [];
    }

    // These exist as soon as they have a text and not before, so creating one changes nothing yet.
    private static Header WithItsText(Header header) => header;

    private static byte[] Number(ulong value, FieldStyle style) => Encoding.ASCII.GetBytes(NumberText.Format(value, style));

    private static ulong ParseNumber(ReadOnlySpan<byte> text, bool allowSuffix) =>
        NumberText.Parse(Encoding.Latin1.GetString(text), allowSuffix);
}
