using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

/// <summary>An edit of a header: what was done, and the result.</summary>
internal sealed record Edited(string Name, Header After);

/// <summary>Random edits of every kind that the codec has.</summary>
internal static class EditGenerator
{
    /// <summary>The kinds, by name.</summary>
    public static readonly (string Name, Func<Random, Header, Header> Edit)[] Kinds =
    [
        ("field", SetField),
        ("version", (_, h) => h.WithField(HeaderFields.Version, h.Version == 2 ? 3u : 2u)),
        ("header_length", SetLength),
        ("feature", (r, h) => h.WithFeature(Group(r), r.Next(64), r.Next(2) == 0)),
        ("feature name", (r, h) => h.WithFeatureName(Group(r), r.Next(64), Text(r, 1, 47))),
        ("backing file", (r, h) => h.WithBackingFile(Text(r, 0, Math.Min(1024, h.FreeBytes + h.BackingFileName.Length + 1)))),
        ("no backing file", (_, h) => h.WithoutBackingFile()),
        ("backing format", (r, h) => h.WithBackingFormat(Text(r, 0, 16))),
        ("add extension", (r, h) => h.WithExtensionAdded(HeaderGenerator.Magic(r), Data(r, h))),
        ("extension data", (r, h) => h.WithExtensionData(Index(r, h), Data(r, h))),
        ("extension magic", (r, h) => h.WithExtensionMagic(Index(r, h), HeaderGenerator.Magic(r))),
        ("remove extension", (r, h) => h.WithoutExtension(Index(r, h))),
        ("remove extensions", (r, h) => h.WithoutExtensions(h.Extensions.Items[Index(r, h)].Magic)),
        ("set extension", (r, h) => h.WithExtension(HeaderGenerator.Magic(r), Data(r, h))),
        ("raw bytes", WriteRaw),
        ("two edits", (r, h) => Next(r, Next(r, h).After).After),
    ];

    /// <summary>An edit that is possible and changes something.</summary>
    public static Edited Next(Random random, Header header)
    {
        while (true)
        {
            var (name, edit) = Kinds[random.Next(Kinds.Length)];
            try
            {
                var after = edit(random, header);
                if (!after.Bytes.Span.SequenceEqual(header.Bytes.Span))
                {
                    return new(name, after);
                }
            }
            catch (HeaderException)
            {
                // Not possible with this header.
            }
        }
    }

    private static Header SetField(Random random, Header header)
    {
        var field = HeaderFields.All[random.Next(HeaderFields.All.Count)];
        return header.WithField(field, (ulong)random.NextInt64() & field.MaxValue);
    }

    private static Header SetLength(Random random, Header header) => header.WithField(
        HeaderFields.HeaderLength, (ulong)random.Next(104, Math.Min(header.ClusterSize, random.Next(3) == 0 ? 4096 : 520) + 1));

    // Anywhere in the used part: this makes unreadable headers as well.
    private static Header WriteRaw(Random random, Header header)
    {
        var data = new byte[random.Next(1, 700)];
        random.NextBytes(data);
        var at = random.Next(Math.Min(header.Bytes.Length, header.UsedLength + 8));
        return header.WithRawBytes(at, data.AsSpan(0, Math.Min(data.Length, header.Bytes.Length - at)));
    }

    private static FeatureGroup Group(Random random) => FeatureGroup.All[random.Next(3)];

    private static int Index(Random random, Header header) => header.Extensions.Items.Length is > 0 and var count
        ? random.Next(count)
        : throw new HeaderException(HeaderError.Invalid, "no extensions");

    private static byte[] Data(Random random, Header header) =>
        HeaderGenerator.Payload(random, random.Next(random.Next(3) == 0 ? Math.Min(header.FreeBytes, 3000) + 9 : 60));

    private static byte[] Text(Random random, int from, int to) =>
        [.. Enumerable.Range(0, random.Next(from, to)).Select(_ => (byte)random.Next('a', 'z' + 1))];
}
