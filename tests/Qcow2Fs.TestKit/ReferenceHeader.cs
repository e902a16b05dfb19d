using System.Collections.Immutable;

namespace Qcow2Fs.TestKit;

/// <summary>One entry of the extension list as the reference reader found it.</summary>
/// <param name="Magic">What it is.</param>
/// <param name="Payload">Its data, without padding.</param>
/// <param name="Offset">Where its 8-byte entry header lies.</param>
/// <param name="End">Behind its padding, or where the area ends if that comes first.</param>
public sealed record ReferenceExtension(uint Magic, ImmutableArray<byte> Payload, int Offset, int End)
{
    /// <summary>Qcow2Fs's own SKIP extension, which readers ignore.</summary>
    public const uint SkipMagic = 0x51324653;

    /// <summary>Same magic and same bytes, wherever it lies.</summary>
    public bool SameAs(ReferenceExtension other) => Magic == other.Magic && Payload.AsSpan().SequenceEqual(other.Payload.AsSpan());

    /// <inheritdoc/>
    public override string ToString() => $"0x{Magic:x8}[{Payload.Length}]@{Offset}";
}

/// <summary>The content of a first cluster by QEMU's rules.</summary>
public sealed record ReferenceHeader
{
    /// <summary>The value of every field by name; what this header lacks has its default.</summary>
    public required IReadOnlyDictionary<string, ulong> Fields { get; init; }

    /// <summary>The fields that this header has, by name.</summary>
    public required IReadOnlySet<string> Present { get; init; }

    /// <summary>Bytes of the first cluster; 65536 while cluster_bits is not 9 to 21.</summary>
    public required int ClusterSize { get; init; }

    /// <summary>Where the extension list starts; 72 in version 2.</summary>
    public required int HeaderLength { get; init; }

    /// <summary>Where the extension area ends: the backing file's name or the cluster's end.</summary>
    public required int AreaEnd { get; init; }

    /// <summary>The extensions in on-disk order, without END; up to the first problem.</summary>
    public required ImmutableArray<ReferenceExtension> Extensions { get; init; }

    /// <summary>Where the END entry lies, or where the list stops without one.</summary>
    public required int ItemsEnd { get; init; }

    /// <summary>Behind the END entry and its padding; <see cref="ItemsEnd"/> if there is none.</summary>
    public required int TailEnd { get; init; }

    /// <summary>Payload of the END entry; null if the list has no END.</summary>
    public required ImmutableArray<byte>? EndPayload { get; init; }

    /// <summary>Whether header_length says where the list is.</summary>
    public required bool IsListReachable { get; init; }

    /// <summary>Why QEMU would refuse the list, or null.</summary>
    public required string? ListProblem { get; init; }

    /// <summary>Where the name starts; -1 if there is none.</summary>
    public required int BackingNameOffset { get; init; }

    /// <summary>The backing file's name, cut where the cluster ends; null if backing_file_offset is 0.</summary>
    public required ImmutableArray<byte>? BackingName { get; init; }

    /// <summary>The bytes from 104 to header_length: the later fields, padding and whatever a newer header may have there.</summary>
    public required ImmutableArray<byte> FixedTail { get; init; }

    /// <summary>The value of a field.</summary>
    public ulong this[string field] => Fields[field];

    /// <summary>The extensions without our own SKIP.</summary>
    public IEnumerable<ReferenceExtension> VisibleExtensions => Extensions.Where(e => e.Magic != ReferenceExtension.SkipMagic);

    /// <summary>
    /// Which bytes the header uses: fixed part, list with paddings and END (all of the area where the list is
    /// malformed) and name.
    /// </summary>
    /// <param name="length">Length of the map.</param>
    /// <param name="withPadding">Whether the padding of entries counts.</param>
    public bool[] UsedMap(int length, bool withPadding = true)
    {
        var map = new bool[length];
        Mark(0, HeaderLength);
        foreach (var entry in Extensions)
        {
            Mark(entry.Offset, withPadding ? entry.End : entry.Offset + 8 + entry.Payload.Length);
        }

        if (EndPayload is { } end)
        {
            Mark(ItemsEnd, withPadding ? TailEnd : ItemsEnd + 8 + end.Length);
        }

        if (IsListReachable && ListProblem is not null)
        {
            Mark(ItemsEnd, AreaEnd);
        }

        if (BackingName is { } name)
        {
            Mark(BackingNameOffset, BackingNameOffset + name.Length);
        }

        return map;

        void Mark(int from, int to) => map.AsSpan(Math.Min(from, length)..Math.Min(to, length)).Fill(true);
    }

    /// <summary>
    /// Whether two headers have the same content: fields, extensions in order (without SKIP), whether the list can be read, the
    /// name's bytes, unknown header bytes. The name's offset does not matter, nor the bytes after it.
    /// </summary>
    public static bool SameContent(ReferenceHeader a, ReferenceHeader b) => Difference(a, b) is null;

    /// <summary>The first thing in which two headers differ, as a text; null if there is none.</summary>
    /// <param name="a">One header.</param>
    /// <param name="b">The other.</param>
    /// <param name="butFor">Names of fields that may differ.</param>
    public static string? Difference(ReferenceHeader a, ReferenceHeader b, params string[] butFor)
    {
        foreach (var field in ReferenceField.All.Where(f => f.Name != "backing_file_offset" && !butFor.Contains(f.Name)))
        {
            if (a[field.Name] != b[field.Name] || a.Present.Contains(field.Name) != b.Present.Contains(field.Name))
            {
                return $"{field.Name}: {a[field.Name]} and {b[field.Name]}";
            }
        }

        var (left, right) = (a.VisibleExtensions.ToList(), b.VisibleExtensions.ToList());
        if (left.Count != right.Count || left.Zip(right).Any(p => !p.First.SameAs(p.Second)))
        {
            return $"extensions: {string.Join(' ', left)} and {string.Join(' ', right)}";
        }

        return (a.ListProblem is null) != (b.ListProblem is null) ? $"list: {a.ListProblem ?? "good"} and {b.ListProblem ?? "good"}"
            : !SameBytes(a.BackingName, b.BackingName) ? "backing name"
            : !SameBytes(a.FixedTail, b.FixedTail) ? "header bytes from 104 on"
            : null;
    }

    private static bool SameBytes(ImmutableArray<byte>? a, ImmutableArray<byte>? b) =>
        a.HasValue == b.HasValue && (a is null || a.Value.AsSpan().SequenceEqual(b!.Value.AsSpan()));
}
