namespace Qcow2Fs.Check;

/// <summary>
/// The references to single clusters, two bytes a cluster, in pages that exist where something is referenced. What does not fit into two
/// bytes is kept aside.
/// </summary>
internal sealed class ClusterCells
{
    // Files of at most so many clusters have pages that are cheap to find. Larger ones may be sparse, and references spread over them
    // must not take a large page each.
    private const long DenseClusters = 1 << 26;
    private const int DensePageBits = 12;
    private const int SparsePageBits = 6;

    private readonly Dictionary<long, Cell[]> _pages = [];
    private readonly Dictionary<long, ulong> _many = [];
    private readonly Dictionary<long, (ulong Copied, ulong NotCopied)> _more = [];
    private readonly int _pageBits;
    private Cell[] _page = [];
    private long _pageIndex = -1;
    private long[]? _order;

    /// <param name="clusters">How many clusters the file has.</param>
    public ClusterCells(long clusters) => _pageBits = clusters <= DenseClusters ? DensePageBits : SparsePageBits;

    /// <summary>The numbers of the pages that exist, in order. Nothing may be added afterwards.</summary>
    public long[] PageOrder => _order ??= [.. _pages.Keys.Order()];

    /// <summary>Clusters of a page.</summary>
    public int PageSize => 1 << _pageBits;

    /// <summary>The cells of a page that exists.</summary>
    public ReadOnlySpan<Cell> Page(long index) => _pages[index];

    /// <summary>Counts references to a cluster.</summary>
    public void Add(long cluster, ulong times, ClusterKind kind)
    {
        ref var cell = ref At(cluster);
        if (cell.Count == Cell.MaxCount)
        {
            _many[cluster] += times;
        }
        else if ((ulong)cell.Count + times < Cell.MaxCount)
        {
            cell.Count += (int)times;
        }
        else
        {
            _many[cluster] = (ulong)cell.Count + times;
            cell.Count = Cell.MaxCount;
        }

        cell.Claim(kind);
    }

    /// <summary>Notes entries of the active tables that point at a cluster, and whether their copied flag is set.</summary>
    public void AddFlags(long cluster, ulong times, bool isCopied)
    {
        ref var cell = ref At(cluster);
        if (!(isCopied ? cell.HasCopied : cell.HasNotCopied))
        {
            cell.Mark(isCopied);
            times--;
        }

        if (times > 0)
        {
            cell.HasMore = true;
            ref var more = ref CollectionsMarshal.GetValueRefOrAddDefault(_more, cluster, out _);
            more = isCopied ? (more.Copied + times, more.NotCopied) : (more.Copied, more.NotCopied + times);
        }
    }

    /// <summary>How many references were counted.</summary>
    public ulong CountOf(long cluster, Cell cell) => cell.Count == Cell.MaxCount ? _many[cluster] : (ulong)cell.Count;

    /// <summary>How many entries of the active tables have a copied flag that does not fit this refcount: it is set exactly at 1.</summary>
    public ulong WrongFlags(long cluster, Cell cell, ulong refcount)
    {
        var (copied, notCopied) = cell.HasMore ? _more[cluster] : default;
        return refcount == 1 ? notCopied + (cell.HasNotCopied ? 1UL : 0) : copied + (cell.HasCopied ? 1UL : 0);
    }

    private ref Cell At(long cluster)
    {
        var index = cluster >> _pageBits;
        if (index != _pageIndex)
        {
            ref var page = ref CollectionsMarshal.GetValueRefOrAddDefault(_pages, index, out _);
            (_page, _pageIndex) = (page ??= new Cell[PageSize], index);
        }

        return ref _page[cluster & (PageSize - 1)];
    }
}

/// <summary>One cluster in two bytes: the number of references in 10 bits, the kind in 3, and three flags.</summary>
internal record struct Cell
{
    /// <summary>The count that stands for itself and every larger one.</summary>
    public const int MaxCount = (1 << CountBits) - 1;

    private const int CountBits = 10;
    private const int KindMask = 7;
    private const int CopiedBit = 13;

    // The kinds of what single entries point at, by priority; 0 is none of them.
    private static readonly ClusterKind[] s_kinds =
    [
        ClusterKind.Free, ClusterKind.L2Table, ClusterKind.SnapshotL2Table, ClusterKind.Data, ClusterKind.CompressedData,
        ClusterKind.SnapshotData, ClusterKind.BitmapData,
    ];

    private ushort _bits;

    /// <summary>The number of references, up to <see cref="MaxCount"/>.</summary>
    public int Count
    {
        readonly get => _bits & MaxCount;
        set => _bits = (ushort)((_bits & ~MaxCount) | value);
    }

    /// <summary>The first of the kinds that it was claimed as; free if it was not.</summary>
    public readonly ClusterKind Kind => s_kinds[(_bits >> CountBits) & KindMask];

    /// <summary>An active entry with the copied flag points here.</summary>
    public readonly bool HasCopied => (_bits & (1 << CopiedBit)) != 0;

    /// <summary>An active entry without the copied flag points here.</summary>
    public readonly bool HasNotCopied => (_bits & (2 << CopiedBit)) != 0;

    /// <summary>More than one active entry of a sort points here.</summary>
    public bool HasMore
    {
        readonly get => (_bits & (4 << CopiedBit)) != 0;
        set => _bits = (ushort)(value ? _bits | (4 << CopiedBit) : _bits & ~(4 << CopiedBit));
    }

    /// <summary>Whether everything about the cluster is in these bits.</summary>
    public readonly bool IsWhole => Count < MaxCount && !HasMore;

    /// <summary>Notes a claim.</summary>
    public void Claim(ClusterKind kind)
    {
        if (Kind > kind)
        {
            _bits = (ushort)((_bits & ~(KindMask << CountBits)) | (Array.IndexOf(s_kinds, kind) << CountBits));
        }
    }

    /// <summary>Notes an active entry.</summary>
    public void Mark(bool isCopied) => _bits |= (ushort)((isCopied ? 1 : 2) << CopiedBit);
}
