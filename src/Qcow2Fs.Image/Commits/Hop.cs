namespace Qcow2Fs.Image.Commits;

/// <summary>
/// An atomic step from one layout to another. It exists if all bytes that are live in both and differ lie in one sector,
/// the commit sector: then every other sector can be prepared where the old layout has dead bytes, the commit sector
/// switches readers over, and what only the old layout used is cleared behind them.
/// </summary>
/// <remarks>
/// Why that is enough: a reader's way through a header depends on live bytes only. Before the switch no byte that is live
/// in the old layout has changed. After it every byte that is live in the new one has its new value: it was dead before
/// and prepared, or the same before, or in the switched sector. A sector is switched whole or not at all.
/// </remarks>
internal sealed class Hop
{
    private readonly Layout _from;
    private readonly Layout _to;
    private readonly int _commitSector;

    private Hop(Layout from, Layout to, int commitSector)
    {
        _from = from;
        _to = to;
        _commitSector = commitSector;
    }

    private enum Phase
    {
        Prepare,
        Switch,
        Clear,
    }

    /// <summary>The hop, or null if more than one sector would have to be the commit sector.</summary>
    public static Hop? Find(Layout from, Layout to)
    {
        var sector = -1;
        var end = Math.Min(from.LiveEnd, to.LiveEnd);
        var old = from.Bytes;
        var @new = to.Bytes;
        for (var at = 0; at < end; at++)
        {
            if (old[at] != @new[at] && from.IsLive(at) && to.IsLive(at))
            {
                if (sector >= 0 && sector != at / SectorWrite.Size)
                {
                    return null;
                }

                sector = at / SectorWrite.Size;
            }
        }

        return new(from, to, sector);
    }

    /// <summary>Adds the hop's writes, a flush behind each of its phases that has any.</summary>
    public void AddSteps(IList<CommitStep> steps)
    {
        AddPhase(Phase.Prepare, steps);
        AddPhase(Phase.Switch, steps);
        AddPhase(Phase.Clear, steps);
    }

    private void AddPhase(Phase phase, IList<CommitStep> steps)
    {
        var before = steps.Count;
        for (var start = 0; start < _to.Bytes.Length; start += SectorWrite.Size)
        {
            if (_from.Bytes.Slice(start, SectorWrite.Size).SequenceEqual(_to.Bytes.Slice(start, SectorWrite.Size)))
            {
                continue;
            }

            if (start / SectorWrite.Size == _commitSector)
            {
                AddWrite(phase == Phase.Switch, start);
                continue;
            }

            var (isPrepared, isCleared) = Classify(start);
            switch (phase)
            {
                case Phase.Prepare when isPrepared && isCleared:
                    steps.Add(new SectorWrite(start, Prepared(start)));
                    break;
                case Phase.Prepare:
                    AddWrite(isPrepared, start);
                    break;
                case Phase.Switch:
                    // Nobody reads what changes here, neither before nor after: it needs no flush of its own.
                    AddWrite(!isPrepared && !isCleared, start);
                    break;
                default:
                    AddWrite(isCleared, start);
                    break;
            }
        }

        if (steps.Count > before)
        {
            steps.Add(Flush.Instance);
        }

        void AddWrite(bool condition, int start)
        {
            if (condition)
            {
                steps.Add(new SectorWrite(start, _to.Header.Bytes.Slice(start, SectorWrite.Size)));
            }
        }
    }

    /// <summary>Whether the sector must get bytes before the switch, and whether it has some that must wait for it.</summary>
    private (bool IsPrepared, bool IsCleared) Classify(int start)
    {
        var (isPrepared, isCleared) = (false, false);
        var old = _from.Bytes.Slice(start, SectorWrite.Size);
        var @new = _to.Bytes.Slice(start, SectorWrite.Size);
        for (var i = 0; i < SectorWrite.Size; i++)
        {
            if (old[i] != @new[i])
            {
                isPrepared |= _to.IsLive(start + i);
                isCleared |= _from.IsLive(start + i);
            }
        }

        return (isPrepared, isCleared);
    }

    /// <summary>The sector with its new bytes wherever the old layout does not look.</summary>
    private byte[] Prepared(int start)
    {
        var old = _from.Bytes.Slice(start, SectorWrite.Size);
        var sector = _to.Bytes.Slice(start, SectorWrite.Size).ToArray();
        for (var i = 0; i < sector.Length; i++)
        {
            if (_from.IsLive(start + i))
            {
                sector[i] = old[i];
            }
        }

        return sector;
    }
}
