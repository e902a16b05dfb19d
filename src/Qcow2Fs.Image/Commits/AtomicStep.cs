namespace Qcow2Fs.Image.Commits;

/// <summary>
/// Writes that lead from one state of the file to another so that a crash leaves one of the two. They exist if all bytes that are live in
/// both states and differ lie in one sector, the commit sector. Then every other sector can be prepared where the old state has dead bytes,
/// the write of the commit sector switches readers over, and what only the old state used is cleared behind them.
/// </summary>
/// <remarks>
/// Why that is enough: what a reader does depends on live bytes only. Before the switch no byte that is live in the old state has changed.
/// After it every byte that is live in the new one has its new value: it was dead before and prepared, or the same before, or in the
/// switched sector. A sector is switched whole or not at all.
/// </remarks>
internal sealed class AtomicStep
{
    private readonly List<Sector> _sectors;

    private AtomicStep(List<Sector> sectors) => _sectors = sectors;

    /// <summary>The step, or null if more than one sector would have to be the commit sector.</summary>
    public static AtomicStep? Find(IEnumerable<ByteRange> ranges)
    {
        var sectors = ranges.SelectMany(range => range.ChangedSectors()).Select(range => new Sector(range)).ToList();
        return sectors.Count(sector => sector.IsCommit) <= 1 ? new(sectors) : null;
    }

    /// <summary>Adds the writes, and a flush behind each phase that has any.</summary>
    public void AddTo(ImmutableArray<CommitStep>.Builder steps)
    {
        // What changes in a sector of neither kind is read neither before nor after: written with the switch, it needs no flush of its own.
        AddPhase(_sectors.Where(s => !s.IsCommit && s.BecomesLive).Select(s => s.Prepare()));
        AddPhase(_sectors.Where(s => s.IsCommit || (!s.BecomesLive && !s.WasLive)).Select(s => s.Finish()));
        AddPhase(_sectors.Where(s => !s.IsCommit && s.WasLive).Select(s => s.Finish()));

        void AddPhase(IEnumerable<SectorWrite> writes)
        {
            var before = steps.Count;
            steps.AddRange(writes);
            if (steps.Count > before)
            {
                steps.Add(Flush.Instance);
            }
        }
    }

    private readonly struct Sector
    {
        private readonly ByteRange _range;

        public Sector(ByteRange range)
        {
            _range = range;
            var old = range.Old.Span;
            var @new = range.New.Span;
            for (var i = 0; i < SectorWrite.Size; i++)
            {
                if (old[i] != @new[i])
                {
                    var (wasLive, becomesLive) = (IsLive(range.OldLive, i), IsLive(range.NewLive, i));
                    WasLive |= wasLive;
                    BecomesLive |= becomesLive;
                    IsCommit |= wasLive && becomesLive;
                }
            }
        }

        /// <summary>Whether bytes change that are live before and after: readers switch over with this sector.</summary>
        public bool IsCommit { get; }

        /// <summary>Whether bytes change that are live before: they must wait for the switch.</summary>
        public bool WasLive { get; }

        /// <summary>Whether bytes change that are live after: they must be there before the switch.</summary>
        public bool BecomesLive { get; }

        public SectorWrite Finish() => new(_range.Offset, !IsCommit && BecomesLive ? Prepared() : _range.Old, _range.New);

        /// <summary>The sector with its new bytes wherever readers of the old state do not look.</summary>
        public SectorWrite Prepare() => new(_range.Offset, _range.Old, Prepared());

        private ReadOnlyMemory<byte> Prepared()
        {
            if (!WasLive)
            {
                return _range.New;
            }

            var bytes = _range.New.ToArray();
            for (var i = 0; i < bytes.Length; i++)
            {
                if (IsLive(_range.OldLive, i))
                {
                    bytes[i] = _range.Old.Span[i];
                }
            }

            return bytes;
        }

        private static bool IsLive(ReadOnlyMemory<bool> live, int index) => index < live.Length && live.Span[index];
    }
}
