using System.Buffers.Binary;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Tables;

namespace Qcow2Fs.Mutants;

/// <summary>Mutators of the LUKS header, the snapshot table and the bitmap directory.</summary>
public static class TableMutators
{
    private const string Luks = "luks";

    public static readonly Mutator[] All =
    [
        new("luks-cipher", m => LuksName(m, 8, m.InTurn("aes", "AES", "serpent", "twofish", "cast5", "", "nosuch"))) { For = Luks },
        new("luks-mode", m => LuksName(m, 40, m.InTurn("foo-plain", "xts-foo", "xts-plain64:nosuch", "xts"))) { For = Luks },
        new("luks-mode-known", m => LuksName(m, 40,
            m.Pick("cbc-essiv", "", "ecb-essiv:sha256", "cbc-essiv:sha1", "xts-essiv:md5", "cbc-plain", "cbc-essiv:sm3"))) { For = Luks },
        new("luks-hash", m => LuksName(m, 72, m.InTurn("nosuch", "", "sha1", "md5", "ripemd160", "SHA256", "sm3"))) { For = Luks },
        new("luks-key-crash", m =>
        {
            LuksName(m, 40, m.InTurn("cbc-plain", "ecb-plain64", "ctr-plain"));
            LuksNumber(m, 108, 24);
        }) { For = Luks },
        new("luks-essiv", m =>
        {
            var (cipher, hash) = m.InTurn((m.Pick("aes", "serpent", "twofish"), m.Pick(":sha1", ":sha512")), ("aes", ""),
                ("cast5", ":sha256"),
                ("aes", m.Pick(":md5", ":sha256")));
            LuksName(m, 8, cipher);
            LuksName(m, 40, "cbc-essiv" + hash);
            LuksNumber(m, 108, 16);
        }) { For = Luks },
        new("luks-cast5", m =>
        {
            LuksName(m, 8, "cast5");
            var (mode, bytes) = m.InTurn(("xts-plain64", 32u), ("cbc-essiv:sha256", 16u), ("cbc-plain", 16u), ("xts-plain64", 33u));
            LuksName(m, 40, mode);
            LuksNumber(m, 108, bytes);
        }) { For = Luks },
        new("luks-sm4", m =>
        {
            LuksName(m, 8, "sm4");
            var (mode, bytes) = m.InTurn(("xts-plain64", 32u), ("cbc-plain", 16u), ("ecb-plain", 16u), ("cbc-essiv:sm3", 16u),
                ("ctr-essiv:md5", 16u), ("xts-plain64", 33u), ("ecb-plain64", 32u));
            LuksName(m, 40, mode);
            LuksNumber(m, 108, bytes);
        }) { For = Luks },
        new("luks-key-bytes", m => LuksNumber(m, 108, m.Pick<uint>(0u, 1, 16, 31, 32, 33, 48, 63, 64, 65, 128, uint.MaxValue)))
            { For = Luks },
        new("luks-not-terminated", m => LuksName(m, m.InTurn(8, 40, 72), new string('x', 32))) { For = Luks },
        new("luks-version", m => m.Image.Write(LuksOffset(m) + 6, [0, (byte)m.Random.Next(4)])) { For = Luks },
        new("luks-payload", m => LuksNumber(m, 104, (uint)m.Random.Next(8))) { For = Luks },
        new("luks-numbers", m => LuksNumber(m, m.Pick(104, 108), m.Pick<uint>(0, 1, 7, 8, 9, 4040, (uint)m.Edge()))) { For = Luks },
        // No large numbers here: they take QEMU hours.
        new("luks-iterations", m => LuksNumber(m, m.Pick(164, 212, 260), m.Pick<uint>(0, 0, 1))) { For = Luks },
        new("luks-slot", m => LuksNumber(m, LuksSlot(m) + m.Pick(0, 40, 44),
            m.Pick<uint>(0, 7, 8, 9, 4000, 4001, 0x00ac71f3, 0x0000dead, uint.MaxValue, (uint)m.Edge(), (uint)m.Random.Next(5000))))
                { For = Luks },
        new("luks-slot-sector", m => LuksNumber(m, 248, (uint)m.Random.Next(8))) { For = Luks },
        new("luks-slot-iterations", m => LuksNumber(m, 212, 0)) { For = Luks },
        new("luks-short", m => m.SetExtension(ExtensionMagic.CryptoHeader,
            CryptoHeader((ulong)LuksOffset(m), m.InTurn<ulong>(592, 591, 260095), 16))) { For = Luks },
        new("luks-far", m => m.SetExtension(ExtensionMagic.CryptoHeader, CryptoHeader(0x7fffffffc0000000, 0x1f9000, 16))) { For = Luks },
        new("luks-no-slot", m => LuksNumber(m, 208, 0x0000dead)) { For = Luks },
        new("luks-magic", m => m.Image.Write(LuksOffset(m), [(byte)m.Random.Next(256)])) { For = Luks },
        new("luks-byte", m => m.Image.Write(LuksOffset(m) + m.Random.Next(592), [(byte)m.Random.Next(256)])) { For = Luks },
        new("luks-extension", m => m.SetExtension(ExtensionMagic.CryptoHeader, CryptoHeader(
            m.Pick<ulong>((ulong)LuksOffset(m), (ulong)LuksOffset(m), 0, 512, m.Edge()),
            m.Pick<ulong>(0x1f9000, 591, 592, 4096, 0, ulong.MaxValue, 260095, 260096),
            m.Pick(16, 16, 16, 8, 15, 24)))) { For = Luks },
        new("snapshots", m => Snapshots(m, m.Random.Next(1, 6))),
        new("snapshots-many", m => Snapshots(m, m.Random.Next(508, 530), big: true)),
        new("snapshots-far", m => (m[HeaderFields.NbSnapshots], m[HeaderFields.SnapshotOffset]) =
            (m.Pick<ulong>(1, 2, 65536), 0x7fffffffc0000000 - ((ulong)m.Random.Next(-1, 4) * (ulong)m.ClusterSize))),
        new("bitmaps", m => Bitmaps(m, m.Random.Next(1, 4))),
        new("bitmaps-sound", m => Bitmaps(m, m.Random.Next(1, 4), damage: false)),
        new("bitmaps-same-name", m => Bitmaps(m, 2, damage: false, name: "same")),
        new("bitmaps-cut-name", m => Bitmaps(m, 1, damage: false, name: "cut\0past the end")),
        new("bitmaps-far", m =>
        {
            m.SetExtension(ExtensionMagic.Bitmaps, Records.BitmapExtension(1, 40, 0x7fffffffc0000000));
            m[HeaderFields.AutoclearFeatures] |= 1;
        }),
        new("bitmaps-extension", m =>
        {
            m.SetExtension(ExtensionMagic.Bitmaps, m.InTurn(
                Records.BitmapExtension(0, 40, 0), Records.BitmapExtension(65536, 40, 0), Records.BitmapExtension(1, 40, 0, reserved: 1),
                Records.BitmapExtension(1, 67107841, 0), Records.BitmapExtension(1, 40, 1), Records.BitmapExtension(1, 0, 0)));
            m[HeaderFields.AutoclearFeatures] |= 1;
        }),
        new("bitmaps-counted", m =>
        {
            Bitmaps(m, 2, damage: false);
            var data = m.Extensions.Find(e => e.Magic == ExtensionMagic.Bitmaps).Data;
            if (data is not null)
            {
                data[3] = m.InTurn<byte>(1, 3);
                m.SetExtension(ExtensionMagic.Bitmaps, data);
            }
        }),
        new("bitmap-field", m =>
        {
            Bitmaps(m, 1, damage: false);
            var (f, value) = m.InTurn<(Field, ulong)>((BitmapFields.ExtraDataSize, 0xffffffff), (BitmapFields.Type, 2),
                (BitmapFields.NameSize, 1000),
                (BitmapFields.ExtraDataSize, 8), (BitmapFields.GranularityBits, 8), (BitmapFields.Flags, 4),
                (BitmapFields.ExtraDataSize, 0x80000000));
            WriteField(m, f, value);
        }),
        new("bitmap-table", m =>
        {
            Bitmaps(m, 1, damage: false);
            var (f, value) = m.InTurn<(Field, ulong)>((BitmapFields.TableSize, 2), (BitmapFields.TableOffset, 0x7fffffffc0000000));
            WriteField(m, f, value);
        }),
        new("bitmap-table-entry", m =>
        {
            Bitmaps(m, 1, damage: false);
            WriteField(m, BitmapFields.Flags, 0);
            if (BitmapDirectory.Of(m.Header, m.Image)?.Entries.FirstOrDefault() is { } entry)
            {
                m.Image.Write((long)entry[BitmapFields.TableOffset], [m.InTurn<byte>(1, 0, 0), 0, 0, 0, 0, 1, 0, m.InTurn<byte>(0, 1, 2)]);
            }
        }),
        new("bitmap-full", m =>
        {
            Bitmaps(m, 1, damage: false);
            HeaderMutators.Full(m);
        }),
        new("bitmap-extension", BitmapExtension) { For = "bitmap" },
        new("bitmap-directory-byte", m => DirectoryByte(m)) { For = "bitmap" },
        new("bitmap-over-metadata", OverMetadata),
        new("bitmap-huge", HugeBitmap) { For = "default" },
    ];

    private static long LuksOffset(Mutant m) =>
        m.Header.LastIndexOf(ExtensionMagic.CryptoHeader) is >= 0 and var i && m.Header.Extensions.Items[i].Length >= 8
            ? (long)(BinaryPrimitives.ReadUInt64BigEndian(m.Header.DataOf(m.Header.Extensions.Items[i])) % (1UL << 24)) : 0;

    private static void LuksName(Mutant m, int at, string name)
    {
        var bytes = new byte[32];
        Encoding.Latin1.GetBytes(name)[..Math.Min(32, name.Length)].CopyTo(bytes, 0);
        m.Image.Write(LuksOffset(m) + at, bytes);
    }

    private static void LuksNumber(Mutant m, int at, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        m.Image.Write(LuksOffset(m) + at, bytes);
    }

    private static int LuksSlot(Mutant m) => 208 + (48 * m.Random.Next(8));

    private static byte[] CryptoHeader(ulong offset, ulong length, int size)
    {
        var bytes = new byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, offset);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), length);
        return bytes[..size];
    }

    private static void Snapshots(Mutant m, int count, bool big = false)
    {
        var start = m.FreshCluster;
        var at = start;
        for (var i = 0; i < count; i++)
        {
            var extra = !big && m.Chance(15) ? m.Pick<uint>(1024, 1025, uint.MaxValue) : (uint)m.Random.Next(40);
            var entry = Records.Snapshot($"{i}", "name", extraSize: extra);
            if (big)
            {
                entry.AsSpan(12, 4).Fill(0xff);
            }

            m.Image.Write(at, entry);
            at = start + ((at - start + 40 + extra + (big ? 2 * 65535 : 5) + 7) & ~7L);
            if (extra > 1 << 20)
            {
                break;
            }
        }

        m[HeaderFields.SnapshotOffset] = (ulong)start;
        m[HeaderFields.NbSnapshots] = (ulong)(count + m.Pick(0, 0, 1, 60000));
    }

    private static void Bitmaps(Mutant m, int count, bool damage = true, string? name = null)
    {
        var size = m[HeaderFields.Size];
        var table = m.FreshCluster;
        var directory = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            var granularity = m.Random.Next(12, 24);
            var words = (((size + (1UL << granularity) - 1) >> granularity) + 63) / 64 * 8;
            var needed = (uint)Math.Min((words + (ulong)m.ClusterSize - 1) / (ulong)m.ClusterSize, 1 << 14);
            var called = name ?? m.Pick("a", "b", "c", $"name{i}", damage ? "a\0x" : "z", damage ? "" : "y", new string('n', 1023));
            var entry = Records.Bitmap(called, (ulong)table, needed, (uint)m.Pick(0, 0, 1, 2), (byte)granularity);
            if (damage && m.Chance(50))
            {
                var field = m.Pick([.. BitmapFields.All]);
                var value = m.Chance(50) ? m.Edge() : (ulong)m.Random.Next(40);
                for (var b = field.End - 1; b >= field.Offset; b--, value >>= 8)
                {
                    entry[b] = (byte)value;
                }
            }

            directory.Add(entry);
            var word = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(word, damage && m.Chance(30) ? m.Edge() : m.Pick<ulong>(0, 1, (ulong)m.ClusterSize));
            m.Image.Write(table, word);
            table += Math.Max(1, ((needed * 8L) + m.ClusterSize - 1) / m.ClusterSize) * m.ClusterSize;
        }

        var bytes = directory.SelectMany(e => e).ToArray();
        m.Image.Write(table, bytes);
        var length = (ulong)(bytes.Length + (damage && m.Chance(20) ? m.Pick(-8, -1, 1, 8, 24, -bytes.Length, 40) : 0));
        m.SetExtension(ExtensionMagic.Bitmaps,
            Records.BitmapExtension((uint)(count + (damage && m.Chance(15) ? m.Pick(-1, 1) : 0)), length, (ulong)table));
        m[HeaderFields.AutoclearFeatures] |= m.Chance(95) ? 1ul : 0;
    }

    private static void BitmapExtension(Mutant m)
    {
        var data = m.Extensions.FirstOrDefault(e => e.Magic == ExtensionMagic.Bitmaps).Data;
        if (data is { Length: >= 24 })
        {
            var field = m.Pick([.. BitmapExtensionFields.All]);
            var value = m.Pick<ulong>(m.Edge(), 0, 1, 65536, 67107841, 0x7fffffffc0000000);
            for (var b = field.End - 1; b >= field.Offset; b--, value >>= 8)
            {
                data[b] = (byte)value;
            }

            m.SetExtension(ExtensionMagic.Bitmaps, data[..m.Pick(24, 24, 24, 24, 23, 0)]);
        }
    }

    private static void WriteField(Mutant m, Field field, ulong value)
    {
        if (BitmapDirectory.Of(m.Header, m.Image)?.Entries.FirstOrDefault() is { } entry)
        {
            var bytes = m.Image.Read(entry.Offset, field.End);
            field.Write(bytes, value & field.MaxValue);
            m.Image.Write(entry.Offset, bytes);
        }
    }

    private static void DirectoryByte(Mutant m)
    {
        if (BitmapDirectory.Of(m.Header, m.Image)?.Entries.FirstOrDefault() is { } entry)
        {
            m.Image.Write(entry.Offset + m.Random.Next(32), [(byte)m.Random.Next(256)]);
        }
    }

    // A sound directory in a place that other metadata has as well.
    private static void OverMetadata(Mutant m)
    {
        Bitmaps(m, 1, damage: false);
        if (BitmapDirectory.Of(m.Header, m.Image) is { } directory)
        {
            m[m.Pick(HeaderFields.L1TableOffset, HeaderFields.RefcountTableOffset, HeaderFields.SnapshotOffset)] =
                directory[BitmapExtensionFields.DirectoryOffset] & ~((ulong)m.ClusterSize - 1);
        }
    }

    // More bits than QEMU can hold, which it only asks of a bitmap in use.
    private static void HugeBitmap(Mutant m)
    {
        m[HeaderFields.Size] = 1UL << 51;
        m[HeaderFields.L1Size] = 4194304;
        m[HeaderFields.L1TableOffset] = 1 << 30;
        var table = m.FreshCluster;
        var entry = Records.Bitmap("huge", (ulong)table, 1, 1, (byte)m.Pick(9, 10, 22));
        m.Image.Write(table, entry);
        m.SetExtension(ExtensionMagic.Bitmaps, Records.BitmapExtension(1, (ulong)entry.Length, (ulong)table));
        m[HeaderFields.AutoclearFeatures] |= 1;
    }
}
