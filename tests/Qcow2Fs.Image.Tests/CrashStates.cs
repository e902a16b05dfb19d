using Qcow2Fs.Image.Commits;

namespace Qcow2Fs.Image.Tests;

/// <summary>
/// The model of a medium: a sector is written whole or not at all, and of the sectors written since the last flush any may
/// have got there when the power fails.
/// </summary>
internal sealed class CrashStates(Random random)
{
    private const int AllSubsetsUpTo = 10;
    private const int RandomSubsets = 600;

    private readonly List<SectorWrite> _pending = [];

    /// <summary>Called with the bytes of a state, and whether everything before the last flush makes up the durable part of it.</summary>
    public delegate void Visitor(ReadOnlySpan<byte> bytes, bool isDurable);

    /// <summary>States visited so far.</summary>
    public long Count { get; private set; }

    /// <summary>Visits every state in which a crash can leave the medium, and returns the final one.</summary>
    public byte[] Visit(ReadOnlySpan<byte> old, IEnumerable<CommitStep> steps, Visitor visit)
    {
        var medium = old.ToArray();
        Call(medium, isDurable: true);
        foreach (var step in steps)
        {
            if (step is SectorWrite write)
            {
                _pending.Add(write);
                continue;
            }

            foreach (var subset in Subsets(_pending.Count))
            {
                var undo = new List<(int Offset, byte[] Data)>();
                for (var i = 0; i < _pending.Count; i++)
                {
                    if (subset[i])
                    {
                        var sector = Sector(_pending[i]);
                        undo.Add(((int)_pending[i].Offset, sector.ToArray()));
                        _pending[i].New.Span.CopyTo(sector);
                    }
                }

                Call(medium, isDurable: false);
                undo.Reverse();
                undo.ForEach(u => u.Data.CopyTo(medium, u.Offset));
            }

            _pending.ForEach(w => w.New.Span.CopyTo(Sector(w)));
            _pending.Clear();
            Call(medium, isDurable: true);
        }

        // What is never flushed may get there or not, for ever.
        if (_pending.Count > 0)
        {
            _pending.Clear();
            throw new InvalidOperationException("the plan does not end with a flush");
        }

        return medium;

        Span<byte> Sector(SectorWrite write) => medium.AsSpan((int)write.Offset, SectorWrite.Size);

        void Call(byte[] bytes, bool isDurable)
        {
            Count++;
            visit(bytes, isDurable);
        }
    }

    private IEnumerable<bool[]> Subsets(int count)
    {
        if (count <= AllSubsetsUpTo)
        {
            return Enumerable.Range(0, 1 << count).Select(bits => Enumerable.Range(0, count).Select(i => (bits >> i & 1) != 0).ToArray());
        }

        var prefixes = Enumerable.Range(0, count + 1).Select(length => Enumerable.Range(0, count).Select(i => i < length).ToArray());
        var others = Enumerable.Range(0, RandomSubsets).Select(_ => Enumerable.Range(0, count).Select(_ => random.Next(2) == 0).ToArray());
        return prefixes.Concat(others);
    }
}
