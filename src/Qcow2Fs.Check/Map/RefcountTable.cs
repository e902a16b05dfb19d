namespace Qcow2Fs.Check;

/// <summary>The refcounts of an image. The refcount table is in memory, 8 MiB at most; blocks are read in windows.</summary>
internal sealed class RefcountTable
{
    /// <summary>The bits of an entry that must be 0.</summary>
    public const ulong ReservedMask = 0x1ff;

    private const int MaxOrder = 6;
    private const int LookupWindow = 4096;

    private readonly ulong[] _entries;
    private readonly IImageBytes _image;
    private readonly ImageReader _lookup;
    private readonly ulong _clusterSize;
    private readonly int _order;

    public RefcountTable(Header header, IImageBytes image)
    {
        _image = image;
        _lookup = new(image, LookupWindow);
        _clusterSize = (ulong)header.ClusterSize;
        IsWidthKnown = header[HeaderFields.RefcountOrder] <= MaxOrder;
        _order = IsWidthKnown ? (int)header[HeaderFields.RefcountOrder] : 0;
        PerBlock = header.ClusterSize * 8L >> _order;
        var size = Math.Min(header[HeaderFields.RefcountTableClusters] * _clusterSize, Limits.RefcountTable);
        var offset = header[HeaderFields.RefcountTableOffset];
        var inFile = offset < (ulong)image.Length ? Math.Min(size, (ulong)image.Length - offset) : 0;
        _entries = new ulong[(inFile + 7) / 8];
        new TableReader(image).Visit(offset, _entries.Length, 1, (index, entry, _) => _entries[index] = entry);
    }

    /// <summary>Whether refcount_order is one that the format has. If not, all refcounts are 0.</summary>
    public bool IsWidthKnown { get; }

    /// <summary>The largest refcount that fits.</summary>
    public ulong MaxRefcount => IsWidthKnown ? ulong.MaxValue >> (64 - (1 << _order)) : ulong.MaxValue;

    /// <summary>The entries of the table that lie in the file.</summary>
    public ReadOnlySpan<ulong> Entries => _entries;

    /// <summary>Clusters that a block counts.</summary>
    public long PerBlock { get; }

    /// <summary>The refcount of any cluster, also past the end of the file.</summary>
    public ulong this[long cluster]
    {
        get
        {
            if (FindBlock(cluster / PerBlock) is not { } block)
            {
                return 0;
            }

            var bit = cluster % PerBlock << _order;
            var bytes = _lookup.Peek(block + (bit / 8), Math.Max(1, 1 << _order >> 3));
            return Decode(bytes, (int)(bit % 8));
        }
    }

    /// <summary>The refcounts of the clusters from 0 on, equal neighbours together.</summary>
    public RefcountRuns Runs(long clusters) => new(this, clusters);

    // Null where there is no block, where it does not start a cluster, so that QEMU reads nothing there, and past the end of the file.
    private long? FindBlock(long index) =>
        IsWidthKnown && index < _entries.Length && (_entries[index] & ~ReservedMask) is > 0 and var offset
            && offset % _clusterSize == 0 && offset < (ulong)_image.Length ? (long)offset : null;

    private ulong Decode(ReadOnlySpan<byte> bytes, int shift) => _order switch
    {
        < 3 => (ulong)bytes[0] >> shift & MaxRefcount,
        3 => bytes[0],
        4 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        5 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
    };

    /// <summary>Walks the refcounts in order.</summary>
    internal sealed class RefcountRuns(RefcountTable table, long clusters)
    {
        private readonly byte[] _window = new byte[Math.Min(ImageReader.MaxWindowSize, (int)table._clusterSize)];
        private readonly ImageReader _reader = new(table._image);
        private long _windowStart = -1;

        /// <summary>The first cluster of the run.</summary>
        public long Start { get; private set; }

        /// <summary>The first cluster behind it.</summary>
        public long End { get; private set; }

        /// <summary>The refcount of each of them.</summary>
        public ulong Refcount { get; private set; }

        /// <summary>Goes to the next run; false behind the last cluster.</summary>
        public bool MoveNext()
        {
            Start = End;
            if (Start >= clusters)
            {
                return false;
            }

            var index = Start / table.PerBlock;
            if (table.FindBlock(index) is { } block)
            {
                ReadRun(block, Start % table.PerBlock);
                return true;
            }

            Refcount = 0;
            for (index++; index < table._entries.Length && table.FindBlock(index) is null; index++)
            {
            }

            End = index < table._entries.Length ? Math.Min(clusters, index * table.PerBlock) : clusters;
            return true;
        }

        private void ReadRun(long block, long first)
        {
            var at = first << table._order >> 3;
            var start = at - (at % _window.Length);
            if (block + start != _windowStart)
            {
                _windowStart = -1;
                _reader.Read(block + start, _window);
                _windowStart = block + start;
            }

            var bytes = _window.AsSpan((int)(at - start), (int)(Math.Min(_window.Length, (long)table._clusterSize - start) - (at - start)));
            Refcount = table.Decode(bytes, (int)((first << table._order) % 8));
            var count = table._order switch
            {
                < 3 => RunInBytes(bytes, (int)(first % (8 >> table._order))),
                3 => Run(bytes),
                4 => Run(MemoryMarshal.Cast<byte, ushort>(bytes)),
                5 => Run(MemoryMarshal.Cast<byte, uint>(bytes)),
                _ => Run(MemoryMarshal.Cast<byte, ulong>(bytes)),
            };
            End = Math.Min(clusters, Start + count);
        }

        private static int Run<T>(ReadOnlySpan<T> refcounts) where T : unmanaged, IEquatable<T> =>
            refcounts.IndexOfAnyExcept(refcounts[0]) is >= 0 and var end ? end : refcounts.Length;

        // Bytes that hold the refcount in each of their parts are passed over together.
        private int RunInBytes(ReadOnlySpan<byte> bytes, int first)
        {
            var perByte = 8 >> table._order;
            var all = (byte)(Refcount * 0xff / table.MaxRefcount);
            var count = 0;
            for (; first < perByte; first++, count++)
            {
                if (((ulong)bytes[0] >> (first << table._order) & table.MaxRefcount) != Refcount)
                {
                    return count;
                }
            }

            var whole = bytes[1..].IndexOfAnyExcept(all) is >= 0 and var end ? end : bytes.Length - 1;
            return count + (whole * perByte);
        }
    }
}
