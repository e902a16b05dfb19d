namespace Qcow2Fs.Rescue;

/// <summary>A cluster whose words an L1 or L2 table of the image can have (<see cref="TableTest"/>), one at least not 0.</summary>
/// <param name="Cluster">Its number.</param>
/// <param name="IsL1">Whether it can be a part of an L1 table.</param>
internal readonly record struct TableCluster(long Cluster, bool IsL1);

/// <summary>
/// Looks at every cluster that can have an owner: at its first sector, and further only if that can be a table's or is empty. What it finds
/// are candidates; the content of a guest's disk can look the same, but then an L2 table refers to it.
/// </summary>
internal sealed class TableScan
{
    private const int SectorSize = 512;

    // Bounds the memory for a file in which everything looks like a table.
    private const int MaxFound = 1 << 22;

    private readonly CachedBytes _bytes;
    private readonly Refcounts _refcounts;
    private readonly byte[] _sector = new byte[SectorSize];
    private readonly List<TableCluster> _tables = [];
    private readonly List<long> _luks = [];
    private readonly List<long> _snapshots = [];
    private readonly List<long> _bitmaps = [];
    private readonly List<long> _starts = [];

    private TableScan(CachedBytes bytes, Refcounts refcounts) => (_bytes, _refcounts) = (bytes, refcounts);

    /// <summary>The clusters of tables, in order.</summary>
    public IReadOnlyList<TableCluster> Tables => _tables;

    /// <summary>The clusters that start with LUKS's magic, and to which no table refers.</summary>
    public IEnumerable<long> Luks => _luks.Where(IsMetadata);

    /// <summary>The clusters that start with what can be a snapshot table's entry, and to which no table refers.</summary>
    public IEnumerable<long> Snapshots => _snapshots.Where(IsMetadata);

    /// <summary>The clusters that start with what can be a bitmap directory's entry, and to which no table refers.</summary>
    public IEnumerable<long> Bitmaps => _bitmaps.Where(IsMetadata);

    /// <summary>The clusters that start with an entry of an L1 table, and to which no table refers.</summary>
    public IEnumerable<long> L1Starts => _starts.Where(IsMetadata);

    /// <summary>Clusters to which an entry of a table refers.</summary>
    public ClusterSet Referenced { get; } = new();

    /// <summary>Scans the file.</summary>
    /// <param name="bytes">The image.</param>
    /// <param name="refcounts">Its refcounts.</param>
    /// <param name="progress">Gets bytes done and bytes in all.</param>
    public static TableScan Run(CachedBytes bytes, Refcounts refcounts, Action<long, long> progress)
    {
        var scan = new TableScan(bytes, refcounts);
        var known = refcounts.Blocks.Select(block => block >> refcounts.ClusterBits).ToHashSet();
        var table = refcounts.TableOffset >> refcounts.ClusterBits;
        var (start, end) = (0L, 0L);
        foreach (var cluster in refcounts.Ownable())
        {
            var offset = cluster << refcounts.ClusterBits;
            if (end <= offset)
            {
                (start, end) = bytes.FindStored(offset);
            }

            if (cluster > 0 && start < offset + refcounts.ClusterSize && !known.Contains(cluster)
                && (cluster < table || cluster >= table + refcounts.TableClusters))
            {
                scan.Look(cluster, refcounts.IsOwnedOnce(cluster));
                progress(offset, bytes.Length);
            }
        }

        return scan;
    }

    private bool IsMetadata(long cluster) => !Referenced.Contains(cluster);

    private void Look(long cluster, bool isOwnedOnce)
    {
        var offset = cluster << _refcounts.ClusterBits;
        _bytes.Fill(offset, _sector);
        if (isOwnedOnce && _tables.Count + _luks.Count + _snapshots.Count + _bitmaps.Count + _starts.Count < MaxFound)
        {
            FindStructure(cluster);
        }

        var test = new TableTest(_refcounts);
        test.Add(_sector);
        for (var at = SectorSize; at < _refcounts.ClusterSize && test.IsTable; at += SectorSize)
        {
            // A copy: the test looks up refcounts in the same windows.
            _bytes.Peek(offset + at, SectorSize).CopyTo(_sector);
            test.Add(_sector);
        }

        if (test.IsTable && !test.IsEmpty && _tables.Count < MaxFound)
        {
            _tables.Add(new(cluster, test.IsL1));
            if (!test.IsExternal)
            {
                foreach (var entry in Entries(offset, test.IsStandard ? 8 : 16))
                {
                    MarkTargets(entry);
                }
            }
        }
    }

    private void FindStructure(long cluster)
    {
        if (BinaryPrimitives.ReadUInt64BigEndian(_sector) is not 0 and var first && MappingEntry.IsL1(first, _refcounts))
        {
            _starts.Add(cluster);
        }

        if (LuksHeader.HasMagic(_sector))
        {
            _luks.Add(cluster);
        }
        else if (SnapshotSearch.IsEntry(_sector, _refcounts))
        {
            _snapshots.Add(cluster);
        }
        else if (BitmapSearch.IsEntry(_sector, _refcounts))
        {
            _bitmaps.Add(cluster);
        }
    }

    private IEnumerable<ulong> Entries(long offset, int size)
    {
        for (var at = 0; at < _refcounts.ClusterSize; at += size)
        {
            if (_bytes.Word(offset + at) is not 0 and var entry)
            {
                yield return entry;
            }
        }
    }

    private void MarkTargets(ulong entry)
    {
        var (offset, length) = MappingEntry.IsCompressed(entry)
            ? MappingEntry.Compressed(entry, _refcounts.ClusterBits) : (MappingEntry.Offset(entry), 1);
        if (offset < (ulong)_bytes.Length)
        {
            for (var cluster = (long)offset >> _refcounts.ClusterBits;
                cluster <= ((long)offset + length - 1) >> _refcounts.ClusterBits; cluster++)
            {
                Referenced.Add(cluster);
            }
        }
    }
}

/// <summary>
/// Whether words, added sector by sector from a cluster's start, are those of an L1 or L2 table of the image: all of them; all but one, and
/// one in so many, if the refcounts are not trusted.
/// </summary>
internal struct TableTest(Refcounts refcounts)
{
    private const int WordsForOneWrong = 16;

    private readonly bool[] _formats = [true, refcounts.ClusterBits >= 14, true, refcounts.ClusterBits >= 14];
    private readonly int[] _wrong = new int[L2Format.All.Length];
    private bool _mayBeL1 = true;
    private int _wrongInL1;
    private long _index;
    private ulong _previous;

    /// <summary>Whether it can be an L1 table's.</summary>
    public readonly bool IsL1 => _mayBeL1 && HasRight(_wrongInL1);

    /// <summary>How many words with an even number are not 0.</summary>
    public long EvenWords { get; private set; }

    /// <summary>How many words with an odd number are not 0.</summary>
    public long OddWords { get; private set; }

    /// <summary>Whether one of those has an offset where a standard entry has it.</summary>
    public bool HasOddOffsets { get; private set; }

    /// <summary>Whether it has no entry but 0.</summary>
    public readonly bool IsEmpty => EvenWords + OddWords == 0;

    /// <summary>Whether it can be any table's.</summary>
    public readonly bool IsTable => _mayBeL1 || Array.IndexOf(_formats, true) >= 0;

    /// <summary>Whether it can be that of a table with entries of 8 bytes.</summary>
    public readonly bool IsStandard => IsL1 || Is(L2Format.All[0]);

    /// <summary>Whether it can be an L2 table whose data is in another file.</summary>
    public readonly bool IsExternal => Is(L2Format.All[2]) || Is(L2Format.All[3]);

    /// <summary>Whether it can be an L2 table of that format.</summary>
    public readonly bool Is(L2Format format) =>
        L2Format.All.IndexOf(format) is var i && _formats[i] && HasRight(_wrong[i]);

    /// <summary>Goes on with the next words.</summary>
    public void Add(ReadOnlySpan<byte> words)
    {
        for (var at = 0; at < words.Length; at += 8, _index++)
        {
            var word = BinaryPrimitives.ReadUInt64BigEndian(words[at..]);
            if (word != 0)
            {
                EvenWords += _index % 2 == 0 ? 1 : 0;
                OddWords += _index % 2;
                HasOddOffsets |= _index % 2 != 0 && MappingEntry.Offset(word) != 0;
                Add(word);
                if (!IsTable)
                {
                    return;
                }
            }

            _previous = word;
        }
    }

    private void Add(ulong word)
    {
        _mayBeL1 = _mayBeL1 && (MappingEntry.IsL1(word, refcounts) || MayBeWrong(ref _wrongInL1));
        for (var i = 0; i < _formats.Length; i++)
        {
            var format = L2Format.All[i];
            _formats[i] = _formats[i] && ((!format.Extended ? MappingEntry.IsL2(word, _index, format, refcounts)
                : _index % 2 == 0 ? MappingEntry.IsL2(word, _index / 2, format, refcounts)
                : MappingEntry.IsBitmap(word, _previous)) || MayBeWrong(ref _wrong[i]));
        }
    }

    // One word that is wrong makes no table.
    private readonly bool HasRight(int wrong) => wrong == 0 || wrong < EvenWords + OddWords;

    private readonly bool MayBeWrong(ref int wrong) =>
        !refcounts.AreTrusted && ++wrong <= 1 + ((EvenWords + OddWords) / WordsForOneWrong);
}
