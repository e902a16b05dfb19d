using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Mutants;

/// <summary>Mutators of fixed fields, feature bits and extensions.</summary>
public static class HeaderMutators
{
    private static readonly uint[] s_magics =
    [
        ExtensionMagic.End, ExtensionMagic.BackingFormat, ExtensionMagic.FeatureTable, ExtensionMagic.Bitmaps, ExtensionMagic.CryptoHeader,
        ExtensionMagic.DataFile, 0x12345678, ExtensionMagic.Skip,
    ];

    public static readonly Mutator[] All =
    [
        .. HeaderFields.All.Select(f => new Mutator("field-" + f.Name, m => m[f] = Value(m, f) & f.MaxValue)),
        new("known-bit", m => Flip(m, HeaderFields.IncompatibleFeatures, m.Random.Next(5))),
        new("dirty", m => Flip(m, HeaderFields.IncompatibleFeatures, 0)),
        new("corrupt", m => Flip(m, HeaderFields.IncompatibleFeatures, 1)),
        new("unknown-bit", m => Flip(m, HeaderFields.IncompatibleFeatures, m.Random.Next(5, 64))),
        new("autoclear-bit", m => Flip(m, HeaderFields.AutoclearFeatures, m.Random.Next(64))),
        new("autoclear-known", m => Flip(m, HeaderFields.AutoclearFeatures, m.Random.Next(2))),
        new("compression", Compression),
        new("no-refcount-table", m => m[HeaderFields.RefcountTableClusters] = 0),
        new("l1-far", m => (m[HeaderFields.L1TableOffset], m[HeaderFields.L1Size]) = (Far(m), Math.Max(1, m[HeaderFields.L1Size]))),
        new("refcounts-far", m => m[HeaderFields.RefcountTableOffset] = Far(m)),
        new("size-wraps", m => m[HeaderFields.Size] = ulong.MaxValue - (ulong)m.Random.NextInt64(m.ClusterSize * m.ClusterSize / 8)),
        new("size-huge", m => m[HeaderFields.Size] = (ulong)m.Random.NextInt64() | (1UL << m.Random.Next(50, 64))),
        new("l1-limit", m =>
            (m[HeaderFields.L1Size], m[HeaderFields.Size]) = ((ulong)m.Random.Next(8), (ulong)m.Random.NextInt64(1L << 40))),
        new("truncate", m => m.Image.Truncate(m.Pick(m.Random.Next(8), m.Random.Next(130), m.Random.Next(4096),
            (int)m.Random.NextInt64(m.Image.Length + 1)))),
        new("byte", m => m.Image.Write(m.Random.Next(120), [(byte)m.Random.Next(256)])),
        new("list-byte", m => m.Image.Write(m.Random.Next(104, 600), [(byte)m.Random.Next(256)])),
        new("add-extension", AddExtension),
        new("repeat-extension", m => m.SetExtensions([.. m.Extensions, .. m.Extensions.Take(m.Random.Next(3))])),
        new("drop-extension", m => m.SetExtensions(m.Extensions.Where(_ => m.Chance(50)))),
        new("swap-extensions", m => m.SetExtensions(m.Extensions.OrderBy(_ => m.Random.Next()))),
        new("extension-length", ExtensionLength),
        new("backing-format", m => m.SetExtension(ExtensionMagic.BackingFormat,
            Encoding.Latin1.GetBytes(m.Pick("raw", "qcow2", "nosuch", "RAW", "", "raw\0x", "qed", "luks", "fifteen-letters",
                "sixteen--letters")))),
        new("backing-format-unknown", m => m.SetExtension(ExtensionMagic.BackingFormat,
            Encoding.Latin1.GetBytes(m.InTurn("nosuch", "io_uring", "gluster", "gluster+tcp", "nvme-io_uring", "blkreplay"))))
                { For = "backing" },
        new("subclusters", m => Flip(m, HeaderFields.IncompatibleFeatures, 4)) { For = "512" },
        new("backing-name", BackingName),
        new("data-file", DataFile),
        new("data-file-unnamed", m =>
        {
            Flip(m, HeaderFields.IncompatibleFeatures, 2);
            m.SetExtension(ExtensionMagic.DataFile, new byte[m.Random.Next(2)]);
        }),
        new("feature-names", FeatureNames),
        new("full", Full),
        new("full-dirty", m =>
        {
            Full(m);
            Flip(m, HeaderFields.IncompatibleFeatures, 0);
        }),
        new("full-autoclear", m =>
        {
            Full(m);
            Flip(m, HeaderFields.AutoclearFeatures, m.Random.Next(2, 64));
        }),
        new("crypto-header-added", m => m.SetExtension(ExtensionMagic.CryptoHeader, new byte[m.InTurn(16, 0)])) { For = "cluster" },
        new("crypto-header-lost", m =>
        {
            m[HeaderFields.CryptMethod] = 2;
            m.SetExtensions(m.Extensions.Where(e => e.Magic != ExtensionMagic.CryptoHeader));
        }),
    ];

    private static ulong Value(Mutant m, Field field)
    {
        var c = (ulong)m.ClusterSize;
        return m.Chance(35) ? m.Edge() : field.Name switch
        {
            "magic" => 0x514649fb ^ (1u << m.Random.Next(32)),
            "version" => m.Pick<ulong>(0ul, 1, 2, 3, 4, uint.MaxValue),
            "cluster_bits" => (ulong)m.Random.Next(24),
            "header_length" => m.Pick<ulong>(72, 103, 104, 105, 111, 112, 113, 120, c - 8, c - 1, c, c + 1),
            "backing_file_offset" => m.Pick<ulong>(1, 72, 112, 500, c - 1, c, c + 1, (ulong)m.Random.Next(2000)),
            "backing_file_size" => m.Pick<ulong>(0ul, 1, 1022, 1023, 1024, c),
            "crypt_method" => m.Pick<ulong>(1ul, 2, 3, uint.MaxValue),
            "refcount_table_clusters" => m.Pick<ulong>(0, 1, (8 << 20) / c, ((8 << 20) / c) + 1),
            "refcount_order" => (ulong)m.Random.Next(9),
            "compression_type" => (ulong)m.Random.Next(4),
            "nb_snapshots" => m.Pick<ulong>(1ul, 5, 65536, 65537),
            "l1_size" => m.Pick<ulong>(0ul, 1, 2, 4194304, 4194305),
            _ => (ulong)m.Random.NextInt64(1L << 40) & ~(m.Chance(50) ? c - 1 : 0),
        };
    }

    private static void Flip(Mutant m, Field field, int bit) => m[field] |= 1UL << bit;

    // Cluster aligned, between QEMU's largest offset and 2^63.
    private static ulong Far(Mutant m) => 0x7fffffffc0000000 + ((ulong)m.Random.Next(-1, 8) * (ulong)m.ClusterSize);

    private static void Compression(Mutant m)
    {
        m[HeaderFields.CompressionType] = (ulong)m.Random.Next(3);
        if (m.Chance(50))
        {
            m[HeaderFields.IncompatibleFeatures] ^= 8;
        }
    }

    private static void AddExtension(Mutant m)
    {
        var list = m.Extensions;
        var data = new byte[m.Pick(0, 1, 7, 8, 15, 16, 17, 23, 24, 25, 48, m.Random.Next(300))];
        m.Random.NextBytes(m.Chance(50) ? data : []);
        list.Insert(m.Random.Next(list.Count + 1), (m.Pick(s_magics), data));
        m.SetExtensions(list, endMarker: m.Chance(90));
    }

    private static void ExtensionLength(Mutant m)
    {
        var list = m.Header.Extensions;
        var at = list.Items.Length > 0 && m.Chance(70) ? m.Pick([.. list.Items]).Offset : list.ItemsEnd;
        var left = list.AreaEnd - at - 8;
        var length = m.Pick(0, left - 1, left, left + 1, -1, -7, int.MaxValue, m.Random.Next(100), 16, 24);
        m.Image.Write(at + 4, [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
    }

    private static void BackingName(Mutant m)
    {
        var name = m.Pick("base.raw", "base.qcow2", "nosuch", "", "a\0b", "json:{}", "nbd:x", "foo:bar", new string('x', 1023),
            new string('y', 1024));
        var end = Math.Max(m.Header.Extensions.TailEnd, m.Header.Extensions.Start);
        m.Image.Write(Math.Min(end, m.ClusterSize - 1), Encoding.Latin1.GetBytes(name));
        m[HeaderFields.BackingFileOffset] = (ulong)end;
        m[HeaderFields.BackingFileSize] = (ulong)(name.Length + m.Pick(0, 0, 0, 1));
    }

    private static void DataFile(Mutant m)
    {
        if (m.Chance(80))
        {
            Flip(m, HeaderFields.IncompatibleFeatures, 2);
        }

        if (m.Chance(60))
        {
            m.SetExtension(ExtensionMagic.DataFile, Encoding.Latin1.GetBytes(m.Pick("", "nosuch", "\0", "json:{}", "a\0b")));
        }
    }

    private static void FeatureNames(Mutant m)
    {
        var table = new byte[m.Pick(0, 1, 2, 3, 40, 47, 48, 96, 100, 48 * m.Random.Next(5))];
        m[HeaderFields.IncompatibleFeatures] |= 1UL << m.Random.Next(5, 64);
        for (var at = 0; at < table.Length; at += 48)
        {
            var bit = System.Numerics.BitOperations.Log2(m[HeaderFields.IncompatibleFeatures]);
            byte[] record = [(byte)m.Pick(0, 0, 0, 1), (byte)m.Pick(bit, bit, bit + 64, m.Random.Next(256)),
                .. Encoding.UTF8.GetBytes(m.Pick("name", "", "é", new string('n', 60)))];
            record.AsSpan(0, Math.Min(record.Length, table.Length - at)).CopyTo(table.AsSpan(at));
        }

        m.SetExtension(ExtensionMagic.FeatureTable, table);
    }

    /// <summary>Fills the first cluster, in such a way that QEMU mostly needs more room to write it than there is.</summary>
    public static void Full(Mutant m)
    {
        // QEMU adds its own feature table in large clusters, and never writes the shortest header.
        var header = m.Header;
        if (m.ClusterSize <= Limits.ClusterWithoutFeatureNames && header.Version == 3 && header.Extensions.Problem is null
            && !header.Bytes.Span[HeaderFields.Version3MinLength..header.Extensions.Start].ContainsAnyExcept((byte)0))
        {
            m.Image.Write(0, header.WithField(HeaderFields.HeaderLength, 104).Bytes.Span);
        }

        var list = m.Extensions.Where(e => e.Magic != ExtensionMagic.FeatureTable).ToList();
        if (m.SetExtensions(list))
        {
            var room = (int)m.ClusterSize - m.Header.UsedLength - 8 - m.Pick(0, 0, 0, 0, 8, 16, 384, 392, 400);
            m.SetExtensions(room >= 0 ? [.. list, (0xabcdef01, new byte[room & ~7])] : list);
        }
    }
}
