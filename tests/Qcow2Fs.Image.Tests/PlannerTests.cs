using Mono.Unix.Native;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Image.Tests;

public class PlannerTests(ITestOutputHelper output)
{
    private const int MinStates = 320_000;

    [Trait("Category", "Slow")]
    [Fact]
    public void Every_crash_state_is_the_old_header_or_the_new_one()
    {
        var seed = Seed.First;
        output.WriteLine($"seed {seed}");
        var check = new CrashCheck(new(seed));
        var seen = new SortedDictionary<string, int>();
        var pairs = 0;
        for (; check.Count < MinStates || pairs < 4000; pairs++)
        {
            var pair = HeaderPair.Next(seed + pairs);
            Note($"edit: {pair.Edit}");
            Note($"{pair.Old.ClusterSize,9}: {LevelOf(pair, check)}");
        }

        output.WriteLine($"{pairs} pairs, {check.Count} states");
        foreach (var (what, count) in seen)
        {
            output.WriteLine($"{what} {count}");
        }

        Assert.All(EditGenerator.Kinds, kind => Assert.Contains($"edit: {kind.Name}", seen.Keys));
        Assert.All(Enumerable.Range(10, 12), bits => Assert.Contains($"{1 << bits,9}: {CommitLevel.Ordered}", seen.Keys));
        Assert.All(Enumerable.Range(12, 10), bits => Assert.Contains($"{1 << bits,9}: {CommitLevel.Relocated}", seen.Keys));

        void Note(string what) => seen[what] = seen.GetValueOrDefault(what) + 1;
    }

    private static string LevelOf(HeaderPair pair, CrashCheck check)
    {
        try
        {
            var plan = CommitPlanner.Plan(new HeaderChange(pair.Old, pair.New));
            if (plan.Level == CommitLevel.Unordered)
            {
                Assert.False(HeaderContent.IsReadable(pair.Old) && HeaderContent.IsReadable(pair.New), $"not atomic: {pair}");
                var offsets = plan.Steps.OfType<SectorWrite>().Select(w => w.Offset).ToList();
                Assert.True(offsets[^1] == 0 || !offsets.Contains(0), $"first sector not last: {pair}");
            }
            else if (check.Fault(pair.Old, pair.New, plan.Steps) is { } fault)
            {
                Assert.Fail($"{pair}, {plan.Level}: {fault}");
            }

            return plan.Level.ToString();
        }
        catch (ImageException e)
        {
            Assert.Equal(Errno.ENOSPC, e.Errno);
            Assert.False(HasRoom(pair), $"there was room: {pair}");
            return e.Errno.ToString();
        }
    }

    /// <summary>
    /// What is promised: a new list that starts in the first sector, with 8 bytes to spare for the jump, and room behind
    /// old and new for a second copy of list, END and name.
    /// </summary>
    private static bool HasRoom(HeaderPair pair)
    {
        var list = pair.New.Extensions;
        var copy = list.ItemsEnd - list.Start + 7 + 8 + pair.New.BackingFileName.Length;
        return list.Start <= 504 && Math.Max(pair.Old.UsedLength, pair.New.UsedLength) + 7 + 8 + copy <= pair.New.ClusterSize;
    }
}
