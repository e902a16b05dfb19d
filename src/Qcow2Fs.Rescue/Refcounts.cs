namespace Qcow2Fs.Rescue;

/// <summary>Cluster size and refcount width, and where the refcount table and its blocks lie: one that a search has found.</summary>
internal sealed class Refcounts
{
    private readonly CachedBytes _bytes;
    private readonly long[] _blocks;
    private readonly int _blockBits;
    private long? _countedEnd;

    /// <param name="bytes">The image.</param>
    /// <param name="clusterBits">9 to 21.</param>
    /// <param name="order">0 to 6.</param>
    /// <param name="tableOffset">A multiple of the cluster size.</param>
    /// <param name="blocks">The offsets of the blocks, 0 for none, as far as the table has any.</param>
    public Refcounts(CachedBytes bytes, int clusterBits, int order, long tableOffset, long[] blocks)
    {
        (_bytes, ClusterBits, Order, TableOffset, _blocks) = (bytes, clusterBits, order, tableOffset, blocks);
        _blockBits = clusterBits + 3 - order;
        TableClusters = Math.Max(1, ((blocks.Length * 8L) + ClusterSize - 1) >> clusterBits);
    }

    /// <summary>
    /// Whether the refcounts are taken as right. If not, an entry can be that of a table when it points into the file, some words of a
    /// table may be wrong, and clusters without a refcount are searched as well.
    /// </summary>
    public bool AreTrusted { get; private init; } = true;

    /// <summary>How many of cluster 0, the table and the blocks are not counted once: 1 at most.</summary>
    public int Misses { get; init; }

    /// <summary>Binary logarithm of the cluster size.</summary>
    public int ClusterBits { get; }

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterSize => 1 << ClusterBits;

    /// <summary>Binary logarithm of a refcount's width in bits.</summary>
    public int Order { get; }

    /// <summary>Where the table starts.</summary>
    public long TableOffset { get; }

    /// <summary>Clusters of the table up to its last entry that is not 0. It may have more.</summary>
    public long TableClusters { get; }

    /// <summary>The blocks' offsets that are not 0.</summary>
    public IEnumerable<long> Blocks => _blocks.Where(block => block != 0);

    /// <summary>Clusters of the file, a part of one at the end included.</summary>
    public long FileClusters => (_bytes.Length + ClusterSize - 1) >> ClusterBits;

    /// <summary>The refcount of a cluster; 0 where there is no block for it.</summary>
    public ulong this[long cluster]
    {
        get
        {
            var index = cluster >> _blockBits;
            return cluster >= 0 && index < _blocks.Length && _blocks[index] is not 0 and var block
                ? At(block, cluster & ((1L << _blockBits) - 1)) : 0;
        }
    }

    /// <summary>
    /// Whether an offset can be that of a cluster which a table refers to: in the file, and with a refcount; one of both is enough if
    /// the refcounts are not trusted. Cluster 0, the header's, is none.
    /// </summary>
    public bool IsUsed(ulong offset)
    {
        if (offset == 0 || (offset & (ulong)(ClusterSize - 1)) != 0)
        {
            return false;
        }

        var isInFile = offset < (ulong)_bytes.Length;
        return AreTrusted ? isInFile && this[(long)offset >> ClusterBits] > 0 : isInFile || this[(long)offset >> ClusterBits] > 0;
    }

    /// <summary>Whether a cluster can have one owner: its refcount is 1, or not trusted.</summary>
    public bool IsOwnedOnce(long cluster) => !AreTrusted || this[cluster] == 1;

    /// <summary>The same refcounts, not trusted.</summary>
    public Refcounts Doubted() => new(_bytes, ClusterBits, Order, TableOffset, _blocks) { AreTrusted = false, Misses = Misses };

    /// <summary>
    /// The clusters that can have an owner, in order: those with a refcount, or all that the file stores if refcounts are not trusted.
    /// </summary>
    public IEnumerable<long> Ownable()
    {
        if (AreTrusted)
        {
            return Used().Select(used => used.Cluster);
        }

        return Stored();

        IEnumerable<long> Stored()
        {
            var next = 0L;
            for (var (start, end) = _bytes.FindStored(0); start < _bytes.Length; (start, end) = _bytes.FindStored(end))
            {
                for (next = Math.Max(next, start >> ClusterBits); next << ClusterBits < end; next++)
                {
                    yield return next;
                }
            }
        }
    }

    /// <summary>The clusters that have a refcount, in order, with it.</summary>
    public IEnumerable<(long Cluster, ulong Count)> Used() => Enumerable.Range(0, _blocks.Length).SelectMany(UsedIn);

    /// <summary>Where the last cluster ends that has a refcount: the end of the file, or near it, in most images.</summary>
    public long CountedEnd => _countedEnd ??= (Enumerable.Range(1, _blocks.Length)
        .Select(back => UsedIn(_blocks.Length - back).Select(used => used.Cluster + 1).LastOrDefault())
        .FirstOrDefault(end => end > 0)) << ClusterBits;

    /// <summary>
    /// How many entries of the table are good: those in the first clusters of the table that are counted once, as are the blocks that they
    /// name, each of another cluster, and cluster 0; but for <see cref="Misses"/>.
    /// </summary>
    public int CountedBlocks()
    {
        var seen = new ClusterSet();
        var (good, misses) = (0, this[0] == 1 ? 0 : 1);
        if (misses > Misses)
        {
            return 0;
        }

        for (var i = 0; i < _blocks.Length; i++)
        {
            var offset = TableOffset + (8L * i);
            if (((offset & (ClusterSize - 1)) == 0 && !IsCountedOnce(offset)) || (_blocks[i] != 0 && !IsCountedOnce(_blocks[i])))
            {
                break;
            }

            good = _blocks[i] != 0 ? i + 1 : good;
        }

        // A cluster of something else that follows the table may start like one.
        return good == _blocks.Length ? good : good & -(ClusterSize / 8);

        bool IsCountedOnce(long offset) =>
            seen.Add(offset >> ClusterBits) && (this[offset >> ClusterBits] == 1 || misses++ < Misses);
    }

    private IEnumerable<(long Cluster, ulong Count)> UsedIn(int index)
    {
        if (index < 0 || _blocks[index] == 0)
        {
            yield break;
        }

        for (var at = 0L; at < 1L << _blockBits; at++)
        {
            // A word of zeros holds this many refcounts of 0.
            if (Order < 6 && at % (64 >> Order) == 0 && _bytes.Word(_blocks[index] + (at << Order >> 3)) == 0)
            {
                at += (64 >> Order) - 1;
            }
            else if (At(_blocks[index], at) is > 0 and var count)
            {
                yield return (((long)index << _blockBits) + at, count);
            }
        }
    }

    private ulong At(long block, long index) => Decode(_bytes, Order, block, index);

    /// <summary>One refcount of a block (specification, "Refcount blocks").</summary>
    public static ulong Decode(CachedBytes bytes, int order, long block, long index)
    {
        if (order < 3)
        {
            // Below a byte, the first refcount is in the least significant bits.
            var perByte = 8 >> order;
            var width = 1 << order;
            return (ulong)(bytes.Peek(block + (index / perByte), 1)[0] >> (int)(index % perByte * width)) & ((1UL << width) - 1);
        }

        var size = 1 << (order - 3);
        var value = bytes.Peek(block + (index * size), size);
        return size switch
        {
            1 => value[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(value),
            4 => BinaryPrimitives.ReadUInt32BigEndian(value),
            _ => BinaryPrimitives.ReadUInt64BigEndian(value),
        };
    }
}
