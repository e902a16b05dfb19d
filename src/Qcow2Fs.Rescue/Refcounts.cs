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

    /// <summary>Whether an offset is that of a whole cluster in the file that has a refcount. Cluster 0, the header's, is none.</summary>
    public bool IsUsed(ulong offset) => IsInFile(offset) && this[(long)offset >> ClusterBits] > 0;

    /// <summary>Whether an offset is a multiple of the cluster size, not 0, and in the file.</summary>
    public bool IsInFile(ulong offset) => offset != 0 && offset < (ulong)_bytes.Length && (offset & (ulong)(ClusterSize - 1)) == 0;

    /// <summary>The clusters that have a refcount, in order, with it.</summary>
    public IEnumerable<(long Cluster, ulong Count)> Used() => Enumerable.Range(0, _blocks.Length).SelectMany(UsedIn);

    /// <summary>Where the last cluster ends that has a refcount: the end of the file, or near it, in most images.</summary>
    public long CountedEnd => _countedEnd ??= (Enumerable.Range(1, _blocks.Length)
        .Select(back => UsedIn(_blocks.Length - back).Select(used => used.Cluster + 1).LastOrDefault())
        .FirstOrDefault(end => end > 0)) << ClusterBits;

    /// <summary>
    /// How many entries of the table are good: those in the first clusters of the table that are counted once, as are the blocks that they
    /// name, each of another cluster.
    /// </summary>
    public int CountedBlocks()
    {
        var seen = new ClusterSet();
        var good = 0;
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

        bool IsCountedOnce(long offset) => seen.Add(offset >> ClusterBits) && this[offset >> ClusterBits] == 1;
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
