using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Random edits of every kind for a header with a good list.</summary>
internal static class EditCases
{
    private const uint FeatureTable = 0x6803f857;
    private const uint BackingFormat = 0xe2792aca;

    /// <summary>The kinds by name; each makes an edit that suits the header, or null if none does.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Random, ReferenceHeader, Edit?>> Kinds =
        new Dictionary<string, Func<Random, ReferenceHeader, Edit?>>
        {
            ["add an extension"] = (r, h) => Add(HeaderGenerator.Magic(r), Data(r, h, 0)),
            ["add an end marker"] = (r, h) => Add(0, Data(r, h, 0)) with { Refusal = HeaderError.Invalid },
            ["change a payload"] = (r, h) => OfEntry(r, h, i => ChangeData(h, i, r.Next(4) == 0
                ? HeaderGenerator.Payload(r, h.Extensions[i].Payload.Length)
                : Data(r, h, h.Extensions[i].Payload.Length))),
            ["change a magic"] = (r, h) => OfEntry(r, h, i => ChangeMagic(i, HeaderGenerator.Magic(r))),
            ["change a magic to the end marker's"] = (r, h) => OfEntry(r, h, i => ChangeMagic(i, 0) with { Refusal = HeaderError.Invalid }),
            ["remove an extension"] = (r, h) => OfEntry(r, h, Remove),
            ["remove all of a magic"] = (r, h) => RemoveAll(h.Extensions.Length == 0 || r.Next(9) == 0
                ? HeaderGenerator.Magic(r)
                : h.Extensions[r.Next(h.Extensions.Length)].Magic),
            ["set the extension of a magic"] = (r, h) => SetExtension(h, HeaderGenerator.Magic(r), Data(r, h, 0)),
            ["set the backing format"] = SetFormat,
            ["set the backing file"] = SetName,
            ["set the backing file to what it is"] = (r, h) => h.BackingName is { } name ? Rename([.. name]) : null,
            ["remove the backing file"] = (_, h) => h.BackingName is null ? null : new("remove the name", x => x.WithoutBackingFile(),
                m => m.Rename(null), x => x.WithName(null)),
            ["version 2 to 3"] = (_, h) => h["version"] == 2 ? ToVersion3() : null,
            ["version 3 to 2"] = (_, h) => h["version"] == 3 ? ToVersion2(h) : null,
            ["header_length"] = SetHeaderLength,
            ["feature name"] = SetFeatureName,
        };

    private static Edit Add(uint magic, byte[] data) => new($"add 0x{magic:x}[{data.Length}]", h => h.WithExtensionAdded(magic, data),
        m => m.Entries.Add(EditModel.Entry(magic, data)), h => h.WithEntries(e => e.Add(ExpectedHeader.Entry(magic, data))));

    private static Edit ChangeData(ReferenceHeader header, int index, byte[] data)
    {
        var (magic, length) = (header.Extensions[index].Magic, header.Extensions[index].Payload.Length);
        return new($"extension {index} from {length} to {data.Length} bytes", h => h.WithExtensionData(index, data),
            m =>
            {
                // The padding is kept where it needs not move.
                var entry = m.Entries[index];
                m.Entries[index] = data.Length == length ? [.. entry[..8], .. data, .. entry[(8 + length)..]]
                    : EditModel.Entry(magic, data);
            },
            h => h.WithEntries(e => e.SetItem(index, ExpectedHeader.Entry(magic, data))));
    }

    private static Edit ChangeMagic(int index, uint magic) =>
        new($"extension {index} to 0x{magic:x}", h => h.WithExtensionMagic(index, magic),
        m => ReferenceField.Named("magic").Write(m.Entries[index], magic),
        h => h.WithEntries(e => e.SetItem(index, e[index] with { Magic = magic })));

    private static Edit Remove(int index) => new($"remove {index}", h => h.WithoutExtension(index),
        m => m.Entries.RemoveAt(index), h => h.WithEntries(e => e.RemoveAt(index)));

    private static Edit RemoveAll(uint magic) => new($"remove all 0x{magic:x}", h => h.WithoutExtensions(magic),
        m => m.IsUnchanged = m.Entries.RemoveAll(e => e.AsSpan().StartsWith(EditModel.Entry(magic, []).AsSpan(0, 4))) == 0,
        h => h.WithEntries(e => e.Where(x => x.Magic != magic)));

    private static Edit SetExtension(ReferenceHeader header, uint magic, byte[] data)
    {
        var index = header.Extensions.ToList().FindLastIndex(e => e.Magic == magic);
        var edit = index < 0 ? Add(magic, data) : ChangeData(header, index, data);
        return edit with { Text = $"set: {edit.Text}", Apply = h => h.WithExtension(magic, data) };
    }

    private static Edit SetFormat(Random random, ReferenceHeader header)
    {
        var data = HeaderGenerator.Payload(random, random.Next(19));
        return SetExtension(header, BackingFormat, data) with
        {
            Apply = h => h.WithBackingFormat(data),
            Refusal = data.Length > 15 ? HeaderError.NameTooLong : null,
        };
    }

    private static Edit SetName(Random random, ReferenceHeader header)
    {
        var room = header.ClusterSize - header.TailEnd;
        var length = random.Next(4) switch
        {
            0 => room + random.Next(-10, 4),
            1 => random.Next(1020, 1027),
            2 when header.BackingName is not null => header.ClusterSize - header.BackingNameOffset + random.Next(-1, 2),
            _ => random.Next(40),
        };
        return Rename(HeaderGenerator.Payload(random, Math.Clamp(length, 0, 1030)));
    }

    private static Edit Rename(byte[] name) => new($"name of {name.Length}", h => h.WithBackingFile(name), m => m.Rename(name),
        h => h.WithName(name), name.Length > 1023 ? HeaderError.NameTooLong : null);

    private static Edit ToVersion3() => new("version 3", h => h.WithField(HeaderFields.Version, 3),
        m => m.Fixed = [.. m.Fixed[..4], 0, 0, 0, 3, .. m.Fixed[8..], .. new byte[24], 0, 0, 0, 4, 0, 0, 0, 112, .. new byte[8]],
        h => h.AsVersion3());

    private static Edit ToVersion2(ReferenceHeader header)
    {
        var isLost = header["incompatible_features"] != 0 || header["refcount_order"] != 4 || header.FixedTail.Any(b => b != 0);
        return new("version 2", h => h.WithField(HeaderFields.Version, 2), m => m.Fixed = [.. m.Fixed[..4], 0, 0, 0, 2, .. m.Fixed[8..72]],
            h => h.AsVersion2(), isLost ? HeaderError.Invalid : null);
    }

    private static Edit? SetHeaderLength(Random random, ReferenceHeader header)
    {
        if (header["version"] == 2)
        {
            return new("header_length in version 2", h => h.WithField(HeaderFields.HeaderLength, 112), _ => { }, h =>
                h, HeaderError.Invalid);
        }

        var length = random.Next(5) switch
        {
            0 => random.Next(104, 121),
            1 => header.HeaderLength + (8 * random.Next(-2, 8)),
            2 => header.ClusterSize - random.Next(20),
            3 => header.HeaderLength + header.ClusterSize - header.TailEnd + random.Next(-1, 2),
            _ => random.Next(104, Math.Min(header.ClusterSize, 1200)),
        };
        length = Math.Clamp(length, 104, header.ClusterSize);
        byte[] extra = [.. header.FixedTail];
        var isLost = header.HeaderLength > 104 && length < header.HeaderLength && extra.Skip(length - 104).Any(b => b != 0);
        return new($"header_length {header.HeaderLength} to {length}", h => h.WithField(HeaderFields.HeaderLength, (ulong)length),
            m =>
            {
                m.Fixed = [.. m.Fixed.Take(length), .. new byte[Math.Max(0, length - m.Fixed.Length)]];
                ReferenceField.Named("header_length").Write(m.Fixed, (ulong)length);
                m.IsUnchanged = length == header.HeaderLength;
            },
            h => h.WithLength(length), isLost ? HeaderError.Invalid : null);
    }

    private static Edit SetFeatureName(Random random, ReferenceHeader header)
    {
        var name = HeaderGenerator.Payload(random, random.Next(50));
        var group = FeatureGroup.All[random.Next(3)];
        var bit = random.Next(64);
        byte[] table = [.. header.Extensions.LastOrDefault(e => e.Magic == FeatureTable)?.Payload ?? []];
        var changed = FeatureTableModel.Named(table, group.Type, bit, name);
        return SetExtension(header, FeatureTable, changed) with
        {
            Apply = h => h.WithFeatureName(group, bit, name),
            Refusal = name.Length > 46 ? HeaderError.NameTooLong : name.Length == 0 || name.Contains((byte)0) ? HeaderError.Invalid : null,
        };
    }

    private static Edit? OfEntry(Random random, ReferenceHeader header, Func<int, Edit> make) =>
        header.Extensions.Length == 0 ? null : make(random.Next(header.Extensions.Length));

    // Small, or around the largest that fits: lengths at which one byte decides.
    private static byte[] Data(Random random, ReferenceHeader header, int present)
    {
        var room = header.ClusterSize - header.TailEnd - (header.BackingName?.Length ?? 0) + present;
        var length = random.Next(3) == 0 ? room - random.Next(0, 26) : random.Next(60);
        return HeaderGenerator.Payload(random, length);
    }
}
