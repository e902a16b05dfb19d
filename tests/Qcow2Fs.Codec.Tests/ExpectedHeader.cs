using System.Collections.Immutable;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Changes of a reference header: what an edit is expected to do.</summary>
internal static class ExpectedHeader
{
    public static ReferenceHeader With(this ReferenceHeader header, string field, ulong value)
    {
        var tail = header.FixedTail;
        if (ReferenceField.Named(field) is { Offset: >= 104 } row && header.Present.Contains(field))
        {
            var bytes = (byte[])[.. new byte[104], .. tail];
            row.Write(bytes, value);
            tail = [.. bytes[104..]];
        }

        return header with { Fields = new Dictionary<string, ulong>(header.Fields) { [field] = value }, FixedTail = tail };
    }

    public static ReferenceHeader WithEntries(
        this ReferenceHeader header, Func<ImmutableArray<ReferenceExtension>, IEnumerable<ReferenceExtension>> change) =>
        header with { Extensions = [.. change(header.Extensions)] };

    public static ReferenceHeader WithName(this ReferenceHeader header, byte[]? name) =>
        (header with { BackingName = name?.ToImmutableArray() }).With("backing_file_size", (ulong)(name?.Length ?? 0));

    public static ReferenceExtension Entry(uint magic, byte[] data) => new(magic, [.. data], 0, 0);

    public static ReferenceHeader AsVersion3(this ReferenceHeader header) =>
        header.With("version", 3).WithLength(112);

    public static ReferenceHeader AsVersion2(this ReferenceHeader header) =>
        (header with { Present = ReferenceField.All.Where(f => f.Since == 2).Select(f => f.Name).ToHashSet(), FixedTail = [] })
            .With("version", 2).With("header_length", 72).With("compatible_features", 0).With("autoclear_features", 0);

    /// <summary>Another header_length; bytes that become part of the header are zeros.</summary>
    public static ReferenceHeader WithLength(this ReferenceHeader header, int length)
    {
        byte[] tail = [.. header.FixedTail.Take(length - 104), .. new byte[Math.Max(0, length - 104 - header.FixedTail.Length)]];
        var present = ReferenceField.All.Where(f => f.IsIn((ulong)length)).ToArray();
        var fields = new Dictionary<string, ulong>(header.Fields) { ["header_length"] = (ulong)length };
        foreach (var field in ReferenceField.All.Where(f => f.Offset >= 104))
        {
            fields[field.Name] = present.Contains(field) ? field.Read([.. new byte[104], .. tail]) : field.Absent;
        }

        return header with { Fields = fields, Present = present.Select(f => f.Name).ToHashSet(), FixedTail = [.. tail] };
    }
}
