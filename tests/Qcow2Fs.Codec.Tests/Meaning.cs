using System.Collections.Immutable;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Changes of what a header means, for expectations.</summary>
internal static class Meaning
{
    public static ReferenceHeader With(this ReferenceHeader header, string field, ulong value)
    {
        var fields = new Dictionary<string, ulong>(header.Fields) { [field] = value };
        return header with { Fields = fields };
    }

    public static ReferenceHeader WithEntries(this ReferenceHeader header, Func<ImmutableArray<ReferenceExtension>, IEnumerable<ReferenceExtension>> change) =>
        header with { Extensions = [.. change(header.Extensions)] };

    public static ReferenceHeader WithName(this ReferenceHeader header, byte[]? name) =>
        (header with { BackingName = name?.ToImmutableArray() }).With("backing_file_size", (ulong)(name?.Length ?? 0));

    public static ReferenceExtension Entry(uint magic, byte[] data) => new(magic, [.. data], 0, 0);

    public static ReferenceHeader AsVersion3(this ReferenceHeader header) =>
        (header with { Present = All(), HeaderPadding = [.. new byte[7]] }).With("version", 3).With("header_length", 112);

    public static ReferenceHeader AsVersion2(this ReferenceHeader header) =>
        (header with { Present = ReferenceField.All.Where(f => f.Since == 2).Select(f => f.Name).ToHashSet(), HeaderPadding = [], UnknownBytes = [] })
            .With("version", 2).With("header_length", 72).With("compatible_features", 0).With("autoclear_features", 0);

    /// <summary>Another header_length; bytes that become part of the header are zeros.</summary>
    public static ReferenceHeader WithLength(this ReferenceHeader header, int length)
    {
        var present = All();
        if (length == 104)
        {
            present.Remove("compression_type");
        }

        return (header with
        {
            Present = present,
            HeaderPadding = Resized(header.HeaderPadding, Math.Clamp(length - 105, 0, 7)),
            UnknownBytes = Resized(header.UnknownBytes, Math.Max(length - 112, 0)),
        }).With("header_length", (ulong)length).With("compression_type", length == 104 ? 0 : header["compression_type"]);
    }

    private static HashSet<string> All() => [.. ReferenceField.All.Select(f => f.Name)];

    private static ImmutableArray<byte> Resized(ImmutableArray<byte> bytes, int length) =>
        [.. bytes.Take(length), .. new byte[Math.Max(0, length - bytes.Length)]];
}
