using System.Buffers.Binary;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>One thing in the tables of an image that is wrong.</summary>
internal static class Damage
{
    /// <summary>The kinds.</summary>
    public static readonly string[] Kinds =
    [
        "L2 entry past the end", "copied flag missing", "refcount 0", "refcount 2", "two entries on one cluster", "truncated by a cluster",
        "refcount of the L1 table",
    ];

    private const ulong CompressedBit = 1UL << 62;
    private const ulong CopiedBit = 1UL << 63;
    private const ulong OffsetMask = 0x00fffffffffffe00;

    /// <summary>The image with one damage of that kind; of another if it has nothing that can have it.</summary>
    public static byte[] Apply(byte[] image, string kind, Random random)
    {
        var bytes = image.ToArray();
        var clusterSize = 1 << (int)HeaderFields.ClusterBits.Read(bytes);
        var entries = Entries(bytes, clusterSize);
        switch (kind)
        {
            case "L2 entry past the end" when entries.Count > 0:
                Write(bytes, Pick(entries, random), CopiedBit | ((ulong)random.Next(1 << 20, 1 << 22) << 21));
                break;
            case "copied flag missing" when entries.Exists(at => (Word(bytes, at) & CopiedBit) != 0):
                var copied = Pick(entries.FindAll(at => (Word(bytes, at) & CopiedBit) != 0), random);
                Write(bytes, copied, Word(bytes, copied) & ~CopiedBit);
                break;
            case "two entries on one cluster" when entries.Count > 1:
                var first = random.Next(entries.Count);
                var second = (first + random.Next(1, entries.Count)) % entries.Count;
                Write(bytes, entries[second], Word(bytes, entries[first]));
                break;
            case "truncated by a cluster":
                return bytes[..^Math.Min(clusterSize, bytes.Length / 2)];
            case "refcount of the L1 table":
                SetRefcount(bytes, (long)HeaderFields.L1TableOffset.Read(bytes) / clusterSize, (ulong)random.Next(2) << 1);
                break;
            default:
                var used = Enumerable.Range(0, bytes.Length / clusterSize).Where(i => Refcount(bytes, i) > 0).ToList();
                SetRefcount(bytes, Pick(used, random), kind == "refcount 2" ? 2UL : 0);
                break;
        }

        return bytes;
    }

    /// <summary>Where the entries of data clusters of the active L2 tables lie.</summary>
    private static List<int> Entries(byte[] bytes, int clusterSize)
    {
        var size = (HeaderFields.Version.Read(bytes) > 2 && (HeaderFields.IncompatibleFeatures.Read(bytes) & 1 << 4) != 0) ? 16 : 8;
        var l1 = (int)HeaderFields.L1TableOffset.Read(bytes);
        var found = new List<int>();
        for (var i = 0; i < (int)HeaderFields.L1Size.Read(bytes) && l1 + (8 * i) < bytes.Length; i++)
        {
            var table = (int)(Word(bytes, l1 + (8 * i)) & OffsetMask);
            for (var at = table; table != 0 && at < table + clusterSize; at += size)
            {
                if ((Word(bytes, at) & OffsetMask) != 0 && (Word(bytes, at) & CompressedBit) == 0)
                {
                    found.Add(at);
                }
            }
        }

        return found;
    }

    private static ulong Refcount(byte[] bytes, long cluster)
    {
        var (at, shift, width) = PlaceOf(bytes, cluster);
        return at < 0 ? 0 : width < 8 ? (ulong)(bytes[at] >> shift) & ((1UL << width) - 1)
            : bytes.AsSpan(at, width / 8).ToArray().Aggregate(0UL, (value, part) => (value << 8) | part);
    }

    private static void SetRefcount(byte[] bytes, long cluster, ulong value)
    {
        var (at, shift, width) = PlaceOf(bytes, cluster);
        value = width == 1 ? 0 : value;
        if (width < 8)
        {
            bytes[at] = (byte)((bytes[at] & ~(((1 << width) - 1) << shift)) | (int)(value << shift));
            return;
        }

        for (var i = 0; i < width / 8; i++)
        {
            bytes[at + i] = (byte)(value >> (8 * ((width / 8) - 1 - i)));
        }
    }

    /// <summary>Where a refcount lies: its first byte, -1 if there is no block; the bits below it in the byte; its width in bits.</summary>
    private static (int At, int Shift, int Width) PlaceOf(byte[] bytes, long cluster)
    {
        var clusterSize = 1L << (int)HeaderFields.ClusterBits.Read(bytes);
        var width = HeaderFields.Version.Read(bytes) > 2 ? 1 << (int)HeaderFields.RefcountOrder.Read(bytes) : 16;
        var perBlock = clusterSize * 8 / width;
        var block = (int)Word(bytes, (int)HeaderFields.RefcountTableOffset.Read(bytes) + (int)(8 * (cluster / perBlock)));
        var bit = cluster % perBlock * width;
        return (block == 0 ? -1 : block + (int)(bit / 8), (int)(bit % 8), width);
    }

    private static int Pick(List<int> some, Random random) => some[random.Next(some.Count)];

    private static ulong Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at));

    private static void Write(byte[] bytes, int at, ulong word) => BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), word);
}
