namespace Qcow2Fs.Check;

/// <summary>Something that refers to a cluster.</summary>
/// <param name="Kind">What it takes the cluster for.</param>
/// <param name="Index">Of an L2 table, the index of its entry in the L1 table; of a refcount block, in the refcount table.</param>
/// <param name="Snapshot">The index of the snapshot that it belongs to; null for the active tables and for what no snapshot has.</param>
/// <param name="Bitmap">The index of the bitmap that it belongs to.</param>
/// <param name="GuestOffset">Of data, the offset in the guest's disk.</param>
public readonly record struct MapOwner(ClusterKind Kind, long? Index = null, int? Snapshot = null, int? Bitmap = null,
    ulong? GuestOffset = null);

/// <summary>Host clusters behind one another about which the same is known, with who refers to them. Offsets are bytes.</summary>
/// <param name="Piece">Refcount, references and errors.</param>
/// <param name="Offset">Where the run starts in the file.</param>
/// <param name="Length">Bytes to the end of its last cluster.</param>
/// <param name="Owners">
/// The first <see cref="MaxOwners"/> that refer to the run; <see cref="MapPiece.References"/> says how many there are. A guest offset is
/// that of the run's start.
/// </param>
public sealed record MapRun(MapPiece Piece, ulong Offset, ulong Length, ImmutableArray<MapOwner> Owners)
{
    /// <summary>How many owners a run names.</summary>
    public const int MaxOwners = 4;
}

/// <summary>
/// Finds out who refers to the clusters. That takes another walk over the L2 tables, as their entries are in the guest's order. References
/// are kept for a window of the file at a time, as large as the memory allows: of most images all of it.
/// </summary>
/// <param name="walk">The references as they were counted.</param>
/// <param name="clusterSize">Bytes of a cluster.</param>
/// <param name="capacity">How many references are kept, of 24 bytes each.</param>
internal sealed class MapRuns(MapWalk walk, long clusterSize, int capacity)
{
    private readonly List<Reference> _references = [];
    private readonly List<Reference> _here = [];
    private long _windowEnd;
    private int _next;

    // Clusters that one entry, or entries behind one another, point at. The table is an index of L2 tables, or of parts of bitmaps' tables.
    private record struct Reference(long Start, int Count, int Table, int Entry, ClusterKind Kind, bool IsActive)
        : IComparable<Reference>
    {
        public readonly long End => Start + Count;

        public readonly int CompareTo(Reference other) =>
            (Start, Kind, Table, Entry).CompareTo((other.Start, other.Kind, other.Table, other.Entry));
    }

    public IEnumerable<MapRun> Of(IEnumerable<MapPiece> pieces)
    {
        MapRun? last = null;
        foreach (var piece in pieces)
        {
            for (var at = piece.Start; at < piece.End;)
            {
                var end = piece.End;
                var owners = OwnersAt(piece, at, ref end);
                var part = piece with { Start = at, End = end };
                var run = new MapRun(part, (ulong)(at * clusterSize), (ulong)((end - at) * clusterSize), owners);
                if (last is not null && Continues(last, run))
                {
                    last = last with { Piece = last.Piece with { End = end }, Length = last.Length + run.Length };
                }
                else
                {
                    if (last is not null)
                    {
                        yield return last;
                    }

                    last = run;
                }

                at = end;
            }
        }

        if (last is not null)
        {
            yield return last;
        }
    }

    private static bool Continues(MapRun last, MapRun run)
    {
        if (last.Piece with { Start = 0, End = 0 } != run.Piece with { Start = 0, End = 0 } || last.Owners.Length != run.Owners.Length)
        {
            return false;
        }

        for (var i = 0; i < run.Owners.Length; i++)
        {
            if (last.Owners[i] with { GuestOffset = last.Owners[i].GuestOffset + last.Length } != run.Owners[i])
            {
                return false;
            }
        }

        return true;
    }

    private ImmutableArray<MapOwner> OwnersAt(MapPiece piece, long at, ref long end)
    {
        if (piece.References == 0)
        {
            return [];
        }

        if (at >= _windowEnd)
        {
            Collect(at);
        }

        end = Math.Min(end, _windowEnd);
        _here.RemoveAll(reference => reference.End <= at);
        for (; _next < _references.Count && _references[_next].Start <= at; _next++)
        {
            if (_references[_next].End > at)
            {
                Keep(_references[_next]);
            }
        }

        end = _next < _references.Count ? Math.Min(end, _references[_next].Start) : end;
        var owners = ImmutableArray.CreateBuilder<MapOwner>();
        if (piece.Range is var (kind, index))
        {
            owners.Add(OwnerOf(kind, index));
        }

        foreach (var reference in _here)
        {
            end = Math.Min(end, reference.End);
            AddOwners(owners, reference, (ulong)(at - reference.Start));
        }

        return owners.Count > 1 ? [.. owners.OrderBy(owner => owner.Snapshot ?? -1).Take(MapRun.MaxOwners)] : owners.DrainToImmutable();
    }

    // Of many references those of the active tables are named.
    private void Keep(Reference reference)
    {
        if (_here.Count < MapRun.MaxOwners)
        {
            _here.Add(reference);
        }
        else if (reference.IsActive && _here.FindLastIndex(other => !other.IsActive) is >= 0 and var last)
        {
            _here[last] = reference;
        }
    }

    private static MapOwner OwnerOf(ClusterKind kind, int index) => kind switch
    {
        ClusterKind.RefcountBlock => new(kind, Index: index),
        ClusterKind.SnapshotL1Table => new(ClusterKind.L1Table, Snapshot: index),
        ClusterKind.BitmapTable => new(kind, Bitmap: index),
        _ => new(kind),
    };

    private void AddOwners(ImmutableArray<MapOwner>.Builder owners, Reference reference, ulong cluster)
    {
        if (reference.Kind == ClusterKind.BitmapData)
        {
            owners.Add(new(reference.Kind, Bitmap: walk.BitmapTables[reference.Table].Index));
            return;
        }

        var use = walk.L2.Uses[reference.Table];
        if (use.Active > 0)
        {
            owners.Add(Owner(use.L1Index, null));
        }

        if (use.Snapshots > 0)
        {
            owners.Add(Owner(use.SnapshotL1Index, use.Snapshot));
        }

        MapOwner Owner(int l1Index, int? snapshot)
        {
            var guest = ((ulong)l1Index * (ulong)walk.Format.EntriesPerTable) + (ulong)reference.Entry + cluster;
            return reference.Kind == ClusterKind.L2Table
                ? new(reference.Kind, Index: l1Index, Snapshot: snapshot)
                : new(reference.Kind, Snapshot: snapshot, GuestOffset: guest * (ulong)clusterSize);
        }
    }

    private void Collect(long from)
    {
        _references.Clear();
        _here.Clear();
        (_next, _windowEnd) = (0, walk.Count.ClusterCount);
        for (var i = 0; i < walk.L2.Offsets.Length; i++)
        {
            Add(from, walk.L2.Offsets[i], (ulong)clusterSize, ClusterKind.L2Table, i, 0);
            walk.L2.Visit(walk.L2.Offsets[i], (index, entry, bitmap) => AddL2Entry(from, i, (int)index, entry, bitmap));
        }

        for (var i = 0; i < walk.BitmapTables.Count; i++)
        {
            walk.VisitBitmapTable(walk.BitmapTables[i], (index, entry, _) =>
            {
                if (new BitmapTableEntry(entry) is { Offset: > 0 and var offset })
                {
                    Add(from, offset, (ulong)clusterSize, ClusterKind.BitmapData, i, (int)index);
                }
            });
        }

        _references.Sort();
    }

    private void AddL2Entry(long from, int table, int index, ulong entry, ulong bitmap)
    {
        switch (walk.Format.TypeOf(entry))
        {
            case L2EntryType.Compressed when bitmap == 0 && !walk.Format.HasDataFile:
                var (offset, size) = walk.Format.CompressedRange(entry);
                Add(from, offset, size, ClusterKind.CompressedData, table, index);
                break;
            case L2EntryType.Cluster when !walk.Format.HasDataFile:
                Add(from, entry & L2Format.OffsetMask, (ulong)clusterSize, ClusterKind.Data, table, index);
                break;
        }
    }

    private void Add(long from, ulong offset, ulong size, ClusterKind kind, int table, int entry)
    {
        if (walk.Count.Clusters(offset, size) is not var (start, end) || end <= from || start >= _windowEnd)
        {
            return;
        }

        if (kind == ClusterKind.Data && _references.Count > 0)
        {
            ref var last = ref CollectionsMarshal.AsSpan(_references)[^1];
            if (last.Kind == kind && last.Table == table && last.End == start && last.Entry + last.Count == entry)
            {
                last.Count++;
                return;
            }
        }

        var isActive = kind == ClusterKind.BitmapData || walk.L2.Uses[table].Active > 0;
        _references.Add(new(start, (int)(end - start), table, entry, kind, isActive));
        if (_references.Count == capacity)
        {
            Narrow(from);
        }
    }

    // Half of the memory becomes free. References to one cluster that fill all of it are not worth their names.
    private void Narrow(long from)
    {
        _references.Sort();
        _windowEnd = Math.Max(from + 1, _references[capacity / 2].Start);
        _references.RemoveAll(reference => reference.Start >= _windowEnd);
        _references.RemoveRange(Math.Min(_references.Count, capacity / 2), Math.Max(0, _references.Count - (capacity / 2)));
    }
}
