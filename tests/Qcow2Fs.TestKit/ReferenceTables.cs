using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Qcow2Fs.TestKit;

/// <summary>One number behind the header, as the second reader finds it.</summary>
/// <param name="Path">The file that has it.</param>
/// <param name="Offset">Its first byte in the image.</param>
/// <param name="Bits">How many bits it has.</param>
/// <param name="Shift">Of a number of less than a byte: its least significant bit in the byte.</param>
/// <param name="IsHex">How it is shown.</param>
/// <param name="IsField">Whether the file exists also while the number is 0.</param>
/// <param name="Value">The number.</param>
public sealed record ReferenceEntry(string Path, long Offset, int Bits, int Shift, bool IsHex, bool IsField, ulong Value)
{
    /// <summary>Whether the file exists.</summary>
    public bool Exists => IsField || Value != 0;

    /// <summary>What the file holds.</summary>
    public string Text => TextOf(Value);

    /// <summary>A value as the file would show it.</summary>
    public string TextOf(ulong value) => value.ToString(IsHex ? "x" : "d", CultureInfo.InvariantCulture) is var digits && IsHex
        ? $"0x{digits}\n" : $"{digits}\n";

    /// <summary>The image with another value there, and no other bit changed.</summary>
    public byte[] With(byte[] image, ulong value)
    {
        var bytes = image.ToArray();
        for (var bit = 0; bit < Bits; bit++)
        {
            // Bit 0 is the least significant: of the last byte, or from Shift on.
            var at = (int)Offset + ((Bits - 1) / 8) - (bit / 8);
            var mask = (byte)(1 << ((Shift + bit) % 8));
            bytes[at] = (byte)((value >> bit & 1) != 0 ? bytes[at] | mask : bytes[at] & ~mask);
        }

        return bytes;
    }
}

/// <summary>
/// Reads the tables behind the header from the specification alone; it shares no code with the product. For images of a moderate size,
/// whose tables lie where they should.
/// </summary>
public static class ReferenceTables
{
    private const ulong Mask = 0x00fffffffffffe00;
    private const int MaxZeros = 4096;

    private static readonly (string Name, int Offset, int Bytes, bool IsHex)[] s_snapshot =
    [
        ("l1_table_offset", 0, 8, true), ("l1_size", 8, 4, false), ("id_str_size", 12, 2, false), ("name_size", 14, 2, false),
        ("date_sec", 16, 4, false), ("date_nsec", 20, 4, false), ("vm_clock_nsec", 24, 8, false), ("vm_state_size", 32, 4, false),
        ("extra_data_size", 36, 4, false), ("vm_state_size_large", 40, 8, false), ("disk_size", 48, 8, false), ("icount", 56, 8, false),
    ];

    private static readonly (string Name, int Offset, int Bytes, bool IsHex)[] s_bitmap =
    [
        ("bitmap_table_offset", 0, 8, true), ("bitmap_table_size", 8, 4, false), ("flags", 12, 4, true), ("type", 16, 1, false),
        ("granularity_bits", 17, 1, false), ("name_size", 18, 2, false), ("extra_data_size", 20, 4, false),
    ];

    /// <summary>Every number, also those whose file does not exist; but of refcounts that are 0 only the first ones.</summary>
    public static IEnumerable<ReferenceEntry> Read(byte[] image)
    {
        var header = ReferenceReader.Read(image);
        var cluster = 1L << (int)header["cluster_bits"];
        var isExtended = header["version"] >= 3 && (header["incompatible_features"] >> 4 & 1) != 0;
        var all = new List<IEnumerable<ReferenceEntry>>
        {
            L1AndL2(image, "", (long)header["l1_table_offset"], (long)header["l1_size"], cluster, isExtended),
            Table(image, "refcount_table", (long)header["refcount_table_offset"], (long)header["refcount_table_clusters"] * cluster / 8),
            Refcounts(image, header, cluster),
            Snapshots(image, header, cluster, isExtended),
        };
        if (header.Extensions.LastOrDefault(e => e.Magic == 0x23852875) is { } bitmaps)
        {
            all.Add(Bitmaps(image, [.. bitmaps.Payload]));
        }

        return all.SelectMany(entries => entries);
    }

    private static IEnumerable<ReferenceEntry> L1AndL2(
        byte[] image, string prefix, long offset, long count, long cluster, bool isExtended)
    {
        foreach (var l1 in Table(image, prefix + "l1", offset, count))
        {
            yield return l1;
            if ((l1.Value & Mask) is 0 or > int.MaxValue)
            {
                continue;
            }

            var directory = $"{prefix}l2/{l1.Path.Split('/')[^1]}";
            var table = (long)(l1.Value & Mask);
            for (var i = 0L; i < cluster / (isExtended ? 16 : 8); i++)
            {
                yield return Number(image, $"{directory}/{i}", table + (i * (isExtended ? 16 : 8)), 64);
                if (isExtended)
                {
                    yield return Number(image, $"{directory}/{i}.bitmap", table + (i * 16) + 8, 64);
                }
            }
        }
    }

    private static IEnumerable<ReferenceEntry> Table(byte[] image, string directory, long offset, long count)
    {
        for (var i = 0L; i < count; i++)
        {
            yield return Number(image, $"{directory}/{i}", offset + (8 * i), 64);
        }
    }

    private static IEnumerable<ReferenceEntry> Refcounts(byte[] image, ReferenceHeader header, long cluster)
    {
        var bits = header["version"] >= 3 ? 1 << (int)header["refcount_order"] : 16;
        var perBlock = cluster * 8 / bits;
        for (var block = 0L; block < (long)header["refcount_table_clusters"] * cluster / 8; block++)
        {
            var offset = (long)Big(image, (long)header["refcount_table_offset"] + (8 * block), 8) & ~0x1ff;
            for (var i = 0L; offset != 0 && i < perBlock && offset + (i * bits / 8) < image.Length; i++)
            {
                // Of millions of zeros the first ones will do.
                if (i >= MaxZeros && image[offset + (i * bits / 8)] == 0 && bits <= 8)
                {
                    continue;
                }

                yield return Number(image, $"refcounts/{(block * perBlock) + i}", offset + (i * bits / 8), bits,
                    bits < 8 ? (int)(i * bits % 8) : 0, isHex: false);
            }
        }
    }

    private static IEnumerable<ReferenceEntry> Snapshots(byte[] image, ReferenceHeader header, long cluster, bool isExtended)
    {
        var at = (long)header["snapshot_offset"];
        for (var i = 0UL; i < header["nb_snapshots"]; i++)
        {
            var extra = (int)Big(image, at + 36, 4);
            var fields = Fields(image, $"snapshots/{i}", at, s_snapshot.Where(f => f.Offset + f.Bytes <= 40 + extra)).ToList();
            foreach (var entry in fields.Concat(
                L1AndL2(image, $"snapshots/{i}/", (long)fields[0].Value, (long)fields[1].Value, cluster, isExtended)))
            {
                yield return entry;
            }

            at = (at + 40 + extra + (long)fields[2].Value + (long)fields[3].Value + 7) / 8 * 8;
        }
    }

    private static IEnumerable<ReferenceEntry> Bitmaps(byte[] image, byte[] extension)
    {
        var at = (long)Big(extension, 16, 8);
        for (var i = 0UL; i < Big(extension, 0, 4); i++)
        {
            var (name, extra) = ((int)Big(image, at + 18, 2), (int)Big(image, at + 20, 4));
            var directory = $"bitmaps/{Encoding.ASCII.GetString(image, (int)at + 24 + extra, name)}";
            var fields = Fields(image, directory, at, s_bitmap).ToList();
            foreach (var entry in fields.Concat(Table(image, directory + "/table", (long)fields[0].Value, (long)fields[1].Value)))
            {
                yield return entry;
            }

            at = (at + 24 + extra + name + 7) / 8 * 8;
        }
    }

    private static IEnumerable<ReferenceEntry> Fields(
        byte[] image, string directory, long at, IEnumerable<(string Name, int Offset, int Bytes, bool IsHex)> fields) =>
        fields.Select(f => Number(image, $"{directory}/{f.Name}", at + f.Offset, 8 * f.Bytes, isHex: f.IsHex) with { IsField = true });

    private static ReferenceEntry Number(byte[] image, string path, long offset, int bits, int shift = 0, bool isHex = true)
    {
        var value = Big(image, offset, (bits + 7) / 8);
        return new(path, offset, bits, shift, isHex, false, bits < 8 ? value >> shift & ((1UL << bits) - 1) : value);
    }

    private static ulong Big(byte[] image, long offset, int bytes)
    {
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        for (var i = 0; i < bytes; i++)
        {
            number[8 - bytes + i] = offset + i < image.Length ? image[offset + i] : (byte)0;
        }

        return BinaryPrimitives.ReadUInt64BigEndian(number);
    }
}
