using System.Buffers.Binary;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Tables;
using Qcow2Fs.Mutants;

namespace Qcow2Fs.Check.Tests.Map;

/// <summary>An image whose tables are damaged: entries of every table, refcounts, fields that lead to tables, the file's length.</summary>
internal sealed class MapMutant
{
    private readonly Random _random;
    private readonly SparseImage _image;
    private readonly (string Name, Action Apply)[] _ways;

    private MapMutant(SparseImage image, Random random)
    {
        (_image, _random) = (image, random);
        _ways =
        [
            ("l1", () => Word(ActiveL1, L1Value)), ("l2", () => L2(ActiveL1)), ("l2", () => L2(ActiveL1)), ("l2", () => L2(ActiveL1)),
            ("snapshot-l1", () => Word(SnapshotL1, L1Value)), ("snapshot-l2", () => L2(SnapshotL1)),
            ("refcount", Refcount), ("refcount", Refcount), ("refcount", Refcount),
            ("refcount-table", () => Word(RefcountTable, RefcountTableValue)),
            ("bitmap-table", () => Word(BitmapTable, old => Pick<ulong>(0, 1, AnyCluster(), old ^ 1))),
            ("length", Length), ("field", Field), ("snapshot", SnapshotField), ("twice", Twice),
        ];
    }

    /// <summary>What was done.</summary>
    public List<string> Story { get; } = [];

    private Header Header => Header.Decode(_image.Read(0, Header.ClusterSizeOf(_image.Read(0, 24))));

    private long ClusterSize => Header.ClusterSize;

    /// <summary>Damages an image in a way that follows from the number, and now and then in more ways.</summary>
    public static MapMutant Make(SparseImage image, Random random, int number)
    {
        var mutant = new MapMutant(image, random);
        mutant.Apply(number % mutant._ways.Length);
        while (random.Next(100) < 35)
        {
            mutant.Apply(random.Next(mutant._ways.Length));
        }

        return mutant;
    }

    private void Apply(int way)
    {
        Story.Add(_ways[way].Name);
        _ways[way].Apply();
    }

    private T Pick<T>(params T[] of) => of[_random.Next(of.Length)];

    private (long Offset, long Count) ActiveL1 => ((long)Header[HeaderFields.L1TableOffset], (long)Header[HeaderFields.L1Size]);

    private (long Offset, long Count) RefcountTable =>
        ((long)Header[HeaderFields.RefcountTableOffset], (long)Header[HeaderFields.RefcountTableClusters] * ClusterSize / 8);

    private (long Offset, long Count) SnapshotL1 => Snapshots() is { Length: > 0 } all && Pick(all) is var entry
        ? ((long)entry[SnapshotFields.L1TableOffset], (long)entry[SnapshotFields.L1Size]) : ActiveL1;

    private (long Offset, long Count) BitmapTable => BitmapDirectory.Of(Header, _image)?.Entries.ToArray() is { Length: > 0 } all
        && Pick(all) is var entry ? ((long)entry[BitmapFields.TableOffset], (long)entry[BitmapFields.TableSize]) : ActiveL1;

    private SnapshotEntry[] Snapshots() => [.. SnapshotTable.Of(Header, _image).Entries.Take(10)];

    // Mostly one of the entries that are not 0.
    private void Word((long Offset, long Count) table, Func<ulong, ulong> change, int size = 8)
    {
        if (table.Count <= 0 || table.Offset < 0 || table.Offset >= _image.Length)
        {
            return;
        }

        var count = Math.Min(table.Count, 1 << 18);
        var all = Enumerable.Range(0, (int)count).Select(i => table.Offset + ((long)i * size));
        var used = all.Where(at => Read(at) != 0).Take(400).ToArray();
        var at = used.Length > 0 && _random.Next(100) < 85 ? Pick(used) : table.Offset + (_random.NextInt64(count) * size);
        if (at + size <= _image.Length)
        {
            Write(at, change(Read(at)));
        }
    }

    private void L2((long Offset, long Count) l1)
    {
        Word(l1, entry =>
        {
            var offset = (long)(entry & 0x00fffffffffffe00);
            if (offset > 0 && offset < _image.Length)
            {
                var isExtended = (Header[HeaderFields.IncompatibleFeatures] & 16) != 0;
                var size = isExtended ? 16 : 8;
                var second = isExtended && _random.Next(100) < 40 ? 8 : 0;
                Word((offset + second, ClusterSize / size), second > 0 ? BitmapValue : L2Value, size);
            }

            return entry;
        });
    }

    private ulong L1Value(ulong old) => _random.Next(11) switch
    {
        0 => 0,
        1 or 2 => old ^ (1UL << 63),
        3 => old ^ (1UL << Pick(62, 60, 56, 0, 3, 8)),
        4 => old ^ (1UL << Pick(9, 10, 11)),
        5 => AnyCluster() | (ulong)_random.NextInt64(2) << 63,
        6 => PastTheEnd() | (ulong)_random.NextInt64(2) << 63,
        7 => 1UL << 63,
        8 => (ulong)_random.NextInt64() & 0x00ffffffffffff00,
        9 => EndOfFile(),
        _ => old | AnyCluster(),
    };

    private ulong L2Value(ulong old) => _random.Next(14) switch
    {
        0 => 0,
        1 or 2 => old ^ (1UL << 63),
        3 => old ^ 1,
        4 => old ^ (1UL << Pick(61, 58, 56, 1, 4, 8)),
        5 => old ^ (1UL << Pick(9, 10, 11)),
        6 => AnyCluster() | (ulong)_random.NextInt64(2) << 63 | (ulong)_random.NextInt64(2),
        7 => PastTheEnd() | (ulong)_random.NextInt64(2) << 63,
        8 => (1UL << 62) | ((ulong)_random.NextInt64(4) << (62 - (int.Log2((int)ClusterSize) - 8)))
            | (ulong)_random.NextInt64(_image.Length),
        9 => old ^ (1UL << 62),
        10 => Pick(1UL, 1UL << 63, (1UL << 63) | 1),
        11 => EndOfFile(),
        12 => (ulong)_random.NextInt64() << 1,
        _ => old | AnyCluster(),
    };

    private ulong BitmapValue(ulong old) => _random.Next(5) switch
    {
        0 => 0,
        1 => old ^ (1UL << _random.Next(64)),
        2 => ulong.MaxValue,
        3 => 1UL << _random.Next(32),
        _ => (ulong)_random.NextInt64(),
    };

    private ulong RefcountTableValue(ulong old) => _random.Next(8) switch
    {
        0 => 0,
        1 => old | (1UL << _random.Next(9)),
        2 => PastTheEnd(),
        3 or 4 => AnyCluster(),
        5 => EndOfFile(),
        6 => old + 512,
        _ => (ulong)_random.NextInt64() & ~((ulong)ClusterSize - 1),
    };

    private ulong AnyCluster() => (ulong)(_random.NextInt64(Math.Max(1, _image.Length / ClusterSize)) * ClusterSize);

    private ulong PastTheEnd() => (ulong)(((_image.Length / ClusterSize) + _random.NextInt64(1, 1000)) * ClusterSize) & 0x00fffffffffffe00;

    // The last cluster, the one behind it, and what lies across them.
    private ulong EndOfFile() =>
        (ulong)Math.Max(0, (_image.Length / ClusterSize * ClusterSize) + (ClusterSize * _random.Next(-1, 2)) + (512 * _random.Next(-1, 2)));

    private void Refcount()
    {
        var bits = 1 << (int)Math.Min(6, Header[HeaderFields.RefcountOrder]);
        var perBlock = ClusterSize * 8 / bits;
        var cluster = _random.NextInt64((_image.Length / ClusterSize) + 3);
        var block = (long)(Read(RefcountTable.Offset + (cluster / perBlock * 8)) & ~511UL);
        if (block <= 0 || block >= _image.Length)
        {
            return;
        }

        var at = block + (cluster % perBlock * bits / 8);
        var bytes = _image.Read(at, Math.Max(1, bits / 8));
        if (bits < 8)
        {
            var shift = (int)(cluster % perBlock * bits % 8);
            var mask = ((1 << bits) - 1) << shift;
            bytes[0] = (byte)((bytes[0] & ~mask) | ((_random.Next(256) << shift) & mask));
        }
        else
        {
            bytes[^1] = _random.Next(5) switch { 0 => 0, 1 => 1, 2 => 2, 3 => (byte)(bytes[^1] + 1), _ => (byte)_random.Next(256) };
            bytes[0] ^= (byte)(_random.Next(20) == 0 ? 1 : 0);
        }

        _image.Write(at, bytes);
    }

    private void Length() => _image.Truncate(Pick(_image.Length - _random.NextInt64(1, 3 * ClusterSize),
        _image.Length + _random.NextInt64(1, 3 * ClusterSize), _image.Length - _random.NextInt64(_image.Length / 2)) is > 600 and var length
        ? length : 600);

    private void Field()
    {
        var (field, value) = Pick<(Field, ulong)>(
            (HeaderFields.L1TableOffset, AnyCluster()), (HeaderFields.L1Size, (ulong)_random.NextInt64(5000)),
            (HeaderFields.RefcountTableClusters, (ulong)_random.NextInt64(4)), (HeaderFields.SnapshotOffset, AnyCluster()),
            (HeaderFields.NbSnapshots, (ulong)_random.NextInt64(4)),
            (HeaderFields.AutoclearFeatures, 0), (HeaderFields.AutoclearFeatures, 1), (HeaderFields.L1TableOffset, PastTheEnd()),
            (HeaderFields.SnapshotOffset, PastTheEnd()), (HeaderFields.SnapshotOffset, EndOfFile()),
            (HeaderFields.RefcountTableOffset, AnyCluster()), (HeaderFields.L1TableOffset, (ulong)ClusterSize * 3));
        if (Header.Has(field))
        {
            var bytes = _image.Read(0, field.End);
            field.Write(bytes, value & field.MaxValue);
            _image.Write(0, bytes);
        }
    }

    private void SnapshotField()
    {
        if (Snapshots() is { Length: > 0 } all)
        {
            var entry = Pick(all);
            var (field, value) = Pick<(Field, ulong)>(
                (SnapshotFields.L1TableOffset, AnyCluster()), (SnapshotFields.L1TableOffset, AnyCluster() + 512),
                (SnapshotFields.L1TableOffset, PastTheEnd()), (SnapshotFields.L1Size, (ulong)_random.NextInt64(9)),
                (SnapshotFields.L1Size, 4194305), (SnapshotFields.L1Size, 100000),
                (SnapshotFields.ExtraDataSize, (ulong)_random.NextInt64(40)));
            var bytes = _image.Read(entry.Offset, field.End);
            field.Write(bytes, value);
            _image.Write(entry.Offset, bytes);
        }
    }

    // An entry of a table is copied over another one, so that both lead to the same cluster.
    private void Twice()
    {
        var table = Pick(ActiveL1, SnapshotL1, RefcountTable);
        var copied = 0UL;
        Word(table, old => copied = old);
        Word(table, _ => copied);
    }

    private ulong Read(long at) => BinaryPrimitives.ReadUInt64BigEndian(_image.Read(at, 8));

    private void Write(long at, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        _image.Write(at, bytes);
    }
}
