using System.Collections.Concurrent;

namespace Qcow2Fs.Check.Tests;

/// <summary>Compares predicted answers with real ones and counts.</summary>
internal sealed class VerdictTally
{
    // What another file, a key or a repair answers; a report says that it takes these to be well. A key is also what takes time.
    private static readonly string[] s_beyond =
    [
        "Could not open backing file: ", "Invalid password, cannot unlock any keyslot", "Could not repair dirty image: ",
        QemuVerdict.TimedOut,
    ];

    // How QEMU ends where it cannot have the memory that it asks for: 7.2 by the one, 11 by the other.
    private static readonly string[] s_tooLittleMemory = [CheckReport.CrashMark + "signal 5", CheckReport.CrashMark + "signal 6"];

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

    /// <summary>Compares an answer.</summary>
    /// <param name="mode">Which one it is.</param>
    /// <param name="story">What was done to the image.</param>
    /// <param name="predicted">What the report says.</param>
    /// <param name="rule">The rule that says so.</param>
    /// <param name="real">What QEMU says.</param>
    /// <param name="needsDataFile">Whether another file holds the data.</param>
    /// <param name="isHuge">Whether the report says that QEMU asks for so much memory that it may die.</param>
    public void Add(string mode, string story, string? predicted, string? rule, string? real, bool needsDataFile, bool isHuge)
    {
        Interlocked.Increment(ref _compared);
        if (predicted is null && real is null)
        {
            return;
        }

        // Of a crash only the signal is QEMU's.
        var isEqual = predicted == real
            || (real?.StartsWith(CheckReport.CrashMark, StringComparison.Ordinal) == true
                && predicted?.StartsWith(real, StringComparison.Ordinal) == true);
        if (!isEqual && real is not null && IsBeyond(real, needsDataFile, isHuge))
        {
            _beyond.AddOrUpdate(real.Split('\'', ':')[0], 1, (_, n) => n + 1);
            return;
        }

        if (predicted is null || real is null)
        {
            Misses.Add($"{mode} {story}\n  predicted {predicted ?? "opens"} ({rule})\n  real      {real ?? "opens"}");
            return;
        }

        Interlocked.Increment(ref _refused);
        if (isEqual)
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
    private static bool IsBeyond(string real, bool needsDataFile, bool isHuge) =>
        s_beyond.Any(start => real.StartsWith(start, StringComparison.Ordinal))
        || (isHuge && s_tooLittleMemory.Contains(real))
        || (needsDataFile && real.StartsWith("Could not open '", StringComparison.Ordinal));
}
