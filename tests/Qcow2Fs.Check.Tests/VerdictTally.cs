using System.Collections.Concurrent;

namespace Qcow2Fs.Check.Tests;

/// <summary>Compares predicted answers with real ones and counts.</summary>
internal sealed class VerdictTally
{
    // What another file, a key, a repair or too little memory answers; a report says that it takes these to be well. A key is
    // also what takes time.
    private static readonly string[] s_beyond =
    [
        "Could not open backing file: ", "Invalid password, cannot unlock any keyslot", "Could not repair dirty image: ",
        CheckReport.CrashMark + "signal 5", QemuVerdict.TimedOut,
    ];

    private readonly ConcurrentDictionary<string, int> _rules = new();
    private int _compared;
    private int _refused;
    private readonly ConcurrentDictionary<string, int> _beyond = new();
    private int _equal;

    public ConcurrentBag<string> Misses { get; } = [];

    public ConcurrentBag<string> Differences { get; } = [];

    public IReadOnlyDictionary<string, int> Rules => _rules;

    /// <summary>Of the answers that refuse, the part whose sentence is as predicted, in percent.</summary>
    public double EqualPercent => 100.0 * _equal / Math.Max(1, _refused);

    public string Summary => $"{_compared} answers compared, {_refused} refusals with {_equal} equal sentences ({EqualPercent:f2} %), "
        + $"{Misses.Count} misses, beyond the image file: {string.Join(", ", _beyond.Select(b => $"{b.Value} {b.Key}"))}";

    public void Add(string mode, string story, string? predicted, string? rule, string? real, bool needsDataFile)
    {
        Interlocked.Increment(ref _compared);
        if (predicted is null && real is null)
        {
            return;
        }

        if (IsBeyond(predicted, real, needsDataFile))
        {
            _beyond.AddOrUpdate(real!.Split('\'', ':')[0], 1, (_, n) => n + 1);
            return;
        }

        if (predicted is null || real is null)
        {
            Misses.Add($"{mode} {story}\n  predicted {predicted ?? "opens"} ({rule})\n  real      {real ?? "opens"}");
            return;
        }

        Interlocked.Increment(ref _refused);
        if (predicted == real
            || (real.StartsWith(CheckReport.CrashMark, StringComparison.Ordinal) && predicted.StartsWith(real, StringComparison.Ordinal)))
        {
            Interlocked.Increment(ref _equal);
            _rules.AddOrUpdate(rule!, 1, (_, n) => n + 1);
        }
        else
        {
            Differences.Add($"{mode} {story}\n  predicted {predicted} ({rule})\n  real      {real}");
        }
    }

    // Such an answer can also come before the one that the image earns.
    private static bool IsBeyond(string? predicted, string? real, bool needsDataFile) => predicted != real && real is not null
        && (s_beyond.Any(start => real.StartsWith(start, StringComparison.Ordinal))
            || (needsDataFile && real.StartsWith("Could not open '", StringComparison.Ordinal)));
}
