namespace Qcow2Fs.Rescue;

/// <summary>A set of cluster numbers: a bit each, in pages that exist once they hold one.</summary>
internal sealed class ClusterSet
{
    private const int PageBits = 15;

    private readonly Dictionary<long, ulong[]> _pages = [];

    /// <summary>How many clusters are in the set.</summary>
    public long Count { get; private set; }

    public bool Contains(long cluster) =>
        _pages.TryGetValue(cluster >> PageBits, out var page) && (page[WordOf(cluster)] & BitOf(cluster)) != 0;

    /// <summary>Adds a cluster; false if it was there.</summary>
    public bool Add(long cluster)
    {
        if (!_pages.TryGetValue(cluster >> PageBits, out var page))
        {
            _pages[cluster >> PageBits] = page = new ulong[1 << (PageBits - 6)];
        }

        ref var word = ref page[WordOf(cluster)];
        if ((word & BitOf(cluster)) != 0)
        {
            return false;
        }

        word |= BitOf(cluster);
        Count++;
        return true;
    }

    public void AddRange(long first, long count)
    {
        for (var i = 0L; i < count; i++)
        {
            Add(first + i);
        }
    }

    private static int WordOf(long cluster) => (int)(cluster & ((1 << PageBits) - 1)) >> 6;

    private static ulong BitOf(long cluster) => 1UL << (int)(cluster & 63);
}
