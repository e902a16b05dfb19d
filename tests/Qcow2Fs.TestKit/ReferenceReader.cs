using System.Collections.Immutable;

namespace Qcow2Fs.TestKit;

/// <summary>
/// A second reader of the header, made to disagree with the codec where the codec is wrong: it goes byte by byte, after
/// QEMU's behaviour, and shares no code and no table with it. It takes any bytes and never fails.
/// </summary>
/// <remarks>
/// Beyond QEMU, which refuses them: versions below 3 are read as 2 and above as 3, a cluster of unknown size has 64 KiB,
/// and a name that leaves the cluster is cut there. Bytes that are missing from the first cluster are zeros.
/// </remarks>
public static class ReferenceReader
{
    private const int DefaultCluster = 65536;

    /// <summary>Reads the first cluster.</summary>
    public static ReferenceHeader Read(ReadOnlySpan<byte> bytes)
    {
        var bits = Number(bytes, 20, 4);
        var cluster = bits >= 9 && bits <= 21 ? 1 << (int)bits : DefaultCluster;
        var isVersion2 = Number(bytes, 4, 4) <= 2;
        var claimed = isVersion2 ? 72 : Number(bytes, 100, 4);
        var reachable = isVersion2 || (claimed >= 104 && claimed <= (ulong)cluster);
        var length = reachable ? (int)claimed : claimed < 104 ? 104 : cluster;

        var fields = new Dictionary<string, ulong>();
        var present = new HashSet<string>();
        foreach (var field in ReferenceField.All)
        {
            var has = field.Since == 2 || (!isVersion2 && field.IsIn(claimed));
            fields[field.Name] = has ? field.Read(bytes) : field.Absent;
            if (has)
            {
                present.Add(field.Name);
            }
        }

        var nameOffset = Number(bytes, 8, 8);
        var nameSize = Number(bytes, 16, 4);
        var nameStart = nameOffset > (ulong)cluster ? cluster : (int)nameOffset;
        var nameLength = nameSize > (ulong)(cluster - nameStart) ? cluster - nameStart : (int)nameSize;
        var areaEnd = nameOffset != 0 ? nameStart : cluster;
        var list = reachable ? Walk(bytes, length, areaEnd) : new(length) { Problem = $"header_length {claimed}" };
        return new()
        {
            Fields = fields,
            Present = present,
            ClusterSize = cluster,
            HeaderLength = length,
            AreaEnd = areaEnd,
            Extensions = [.. list.Entries],
            ItemsEnd = list.ItemsEnd,
            TailEnd = list.TailEnd,
            EndPayload = list.EndPayload,
            IsListReachable = reachable,
            ListProblem = list.Problem,
            BackingNameOffset = nameOffset == 0 ? -1 : nameStart,
            BackingName = nameOffset == 0 ? null : Slice(bytes, nameStart, nameLength),
            FixedTail = Slice(bytes, 104, length - 104),
        };
    }

    private static Found Walk(ReadOnlySpan<byte> bytes, int start, int areaEnd)
    {
        var found = new Found(start);
        for (var offset = start; offset < areaEnd;)
        {
            if (offset + 8 > areaEnd)
            {
                found.Problem = $"{areaEnd - offset} bytes left at {offset}";
                break;
            }

            var magic = (uint)Number(bytes, offset, 4);
            var length = Number(bytes, offset + 4, 4);
            if (length > (ulong)(areaEnd - offset - 8))
            {
                found.Problem = $"length {length} at {offset}";
                break;
            }

            var padded = (int)((length + 7) / 8 * 8);
            var end = Math.Min(offset + 8 + padded, areaEnd);
            var payload = Slice(bytes, offset + 8, (int)length);
            found.TailEnd = end;
            if (magic == 0)
            {
                found.EndPayload = payload;
                break;
            }

            found.Entries.Add(new(magic, payload, offset, end));
            found.ItemsEnd = end;
            offset = end;
        }

        return found;
    }

    // Big-endian; bytes past the end are zeros.
    private static ulong Number(ReadOnlySpan<byte> bytes, int offset, int width)
    {
        ulong value = 0;
        for (var i = offset; i < offset + width; i++)
        {
            value = (value << 8) | (i < bytes.Length ? bytes[i] : (byte)0);
        }

        return value;
    }

    private static ImmutableArray<byte> Slice(ReadOnlySpan<byte> bytes, int offset, int length)
    {
        if (length <= 0)
        {
            return [];
        }

        var slice = new byte[length];
        if (offset < bytes.Length)
        {
            bytes.Slice(offset, Math.Min(length, bytes.Length - offset)).CopyTo(slice);
        }

        return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(slice);
    }

    private sealed class Found(int start)
    {
        public List<ReferenceExtension> Entries { get; } = [];

        public int ItemsEnd { get; set; } = start;

        public int TailEnd { get; set; } = start;

        public ImmutableArray<byte>? EndPayload { get; set; }

        public string? Problem { get; set; }
    }
}
