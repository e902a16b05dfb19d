using System.Numerics;

namespace Qcow2Fs.Rescue;

/// <summary>
/// Finds refcount tables. A table is a cluster whose entries are offsets of blocks which, read with some width, count themselves, the table
/// and cluster 0 once each. One of these refcounts may be wrong (<see cref="Refcounts.Misses"/>): such tables come last.
/// </summary>
internal sealed class RefcountSearch(CachedBytes bytes, Action<long, long> progress)
{
    private const int MinClusterBits = 9;
    private const int MaxClusterBits = 21;
    private const int MaxOrder = 6;

    // Whole tables that are tried: bounds what a hostile file can ask for.
    private const int MaxTables = 1 << 14;

    private int _tables;

    /// <summary>
    /// The tables where a new image has them: in cluster 1. Those of which the refcounts end where the file does come first.
    /// </summary>
    public IReadOnlyList<Refcounts> InSecondCluster() => Ranked(
        Enumerable.Range(MinClusterBits, MaxClusterBits - MinClusterBits + 1).SelectMany(bits => TablesAt(1L << bits, bits)));

    /// <summary>All other tables of the file: reads the first bytes of each stored sector.</summary>
    public IReadOnlyList<Refcounts> Elsewhere() => Ranked(Sectors().SelectMany(offset => Enumerable
        .Range(MinClusterBits, Math.Min(MaxClusterBits, BitOperations.TrailingZeroCount(offset)) - MinClusterBits + 1)
        .Where(bits => offset != 1L << bits)
        .SelectMany(bits => TablesAt(offset, bits))));

    private IReadOnlyList<Refcounts> Ranked(IEnumerable<Refcounts> tables) =>
        [.. tables.OrderBy(table => table.Misses).ThenBy(table => Math.Abs(table.CountedEnd - bytes.Length))
            .ThenByDescending(table => table.ClusterBits)];

    private IEnumerable<long> Sectors()
    {
        var (start, end) = bytes.FindStored(0);
        while (start < bytes.Length)
        {
            for (var offset = (start + Header.MinClusterSize - 1) & -Header.MinClusterSize; offset < end; offset += Header.MinClusterSize)
            {
                if ((offset & 0xffffff) == 0)
                {
                    progress(offset, bytes.Length);
                }

                if (offset > 0 && IsOffset(bytes.Word(offset), Header.MinClusterSize))
                {
                    yield return offset;
                }
            }

            (start, end) = bytes.FindStored(end);
        }
    }

    private IEnumerable<Refcounts> TablesAt(long offset, int bits)
    {
        // Cluster 0 is in use, so the table has a first block, and that counts cluster 0 once, or itself if that refcount is wrong.
        if (offset >= bytes.Length || !IsOffset(bytes.Word(offset), 1 << bits))
        {
            yield break;
        }

        var first = (long)bytes.Word(offset);
        for (var order = 0; order <= MaxOrder; order++)
        {
            if (first != offset && (Refcounts.Decode(bytes, order, first, 0) == 1 || CountsItself(first, bits, order))
                && _tables < MaxTables)
            {
                _tables++;
                var blocks = ReadEntries(offset, 1 << bits);
                if ((Read(offset, bits, order, blocks, misses: 0) ?? Read(offset, bits, order, blocks, misses: 1)) is { } found)
                {
                    yield return found;
                }
            }
        }
    }

    private bool CountsItself(long block, int bits, int order) =>
        block >> bits >= 1L << (bits + 3 - order) || Refcounts.Decode(bytes, order, block, block >> bits) == 1;

    private bool IsOffset(ulong value, int clusterSize) =>
        value != 0 && (value & (ulong)(clusterSize - 1)) == 0 && value < (ulong)bytes.Length;

    /// <summary>
    /// The table, as far as its clusters are counted and hold nothing but blocks that count themselves; null if it is none. Clusters of
    /// zeros behind it may be the table's as well: that shows when all other clusters have an owner.
    /// </summary>
    private Refcounts? Read(long offset, int bits, int order, long[] blocks, int misses)
    {
        var whole = new Refcounts(bytes, bits, order, offset, blocks) { Misses = misses };
        var counted = whole.CountedBlocks();
        var found = counted == blocks.Length ? whole : new Refcounts(bytes, bits, order, offset, blocks[..counted]) { Misses = misses };
        return counted > 0 && found.CountedBlocks() == counted ? found : null;
    }

    /// <summary>The entries from there on: clusters that hold offsets, up to one that holds something else or zeros only.</summary>
    private long[] ReadEntries(long offset, int clusterSize)
    {
        var entries = new List<long>();
        var length = 0;
        for (var at = offset; at < bytes.Length && at - offset < Limits.RefcountTable; at += clusterSize)
        {
            for (var i = 0; i < clusterSize; i += 8)
            {
                var entry = bytes.Word(at + i);
                if (entry != 0 && !IsOffset(entry, clusterSize))
                {
                    return [.. entries[..length]];
                }

                entries.Add((long)entry);
            }

            var last = entries.FindLastIndex(entry => entry != 0) + 1;
            if (last == length)
            {
                break;
            }

            length = last;
        }

        return [.. entries[..length]];
    }
}
