namespace Qcow2Fs.Check;

/// <summary>An entry of the metadata that is wrong, as qemu-img check counts it. The sentence has no trailing period.</summary>
public sealed record MapProblem(Subject Subject, string Sentence);

/// <summary>Counts of a map.</summary>
public sealed class MapTotals
{
    private readonly long[] _clusters = new long[ClusterKindText.All.Length];
    private readonly List<MapProblem> _problems = [];

    /// <summary>The problems that are kept; there may be more.</summary>
    public const int MaxProblems = 100;

    /// <summary>Clusters of the file, with the one that is begun at its end.</summary>
    public long Clusters { get; internal set; }

    /// <summary>Clusters whose refcount is above the references, as qemu-img check counts leaks.</summary>
    public ulong Leaks { get; private set; }

    /// <summary>What qemu-img check counts as corruptions.</summary>
    public ulong Corruptions { get; private set; }

    /// <summary>The first <see cref="MaxProblems"/> corruptions in entries of tables.</summary>
    public IReadOnlyList<MapProblem> Problems => _problems;

    /// <summary>How many corruptions there are in entries of tables.</summary>
    public ulong ProblemCount { get; private set; }

    /// <summary>How many clusters are of that kind.</summary>
    public long this[ClusterKind kind] => _clusters[(int)kind];

    internal void Add(MapPiece piece)
    {
        var count = (ulong)(piece.End - piece.Start);
        _clusters[(int)piece.Kind] += (long)count;
        Leaks += piece.Error == ClusterError.Leak ? count : 0;
        Corruptions += ((piece.Error == ClusterError.Corruption ? 1UL : 0) + piece.OtherCorruptions) * count;
    }

    internal void Add(Subject subject, string sentence, ulong times = 1)
    {
        Corruptions += times;
        ProblemCount += times;
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(new(subject, sentence));
        }
    }
}
