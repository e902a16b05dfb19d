using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Image.Tests;

/// <summary>The proof can fail: plans with a mistake in them are found out.</summary>
[Trait("Category", "Slow")]
public class CheckerTests(ITestOutputHelper output)
{
    private const int Plans = 80;

    // Now and then a mistake does no harm: where the early or late bytes are the length of an END entry, say, which decides nothing, or lie
    // where the other header has none. The numbers are those of seed 1; another seed may make a few more harmless plans.
    private const int OtherSeeds = Plans / 10;

    public static TheoryData<string, int> Mistakes => new()
    {
        { "phases swapped", 78 },
        { "first flush dropped", 78 },
        { "second flush dropped", 78 },
        { "third phase early", 78 },
        { "sector forgotten", 80 },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_plan_with_a_mistake_is_found_out(string mistake, int expected)
    {
        var seed = Seed.First;
        var check = new CrashCheck(new(seed));
        var (tried, caught) = (0, 0);
        for (var i = 0; tried < Plans; i++)
        {
            var pair = HeaderPair.Next(seed + i);
            if (PlanOf(pair) is { } plan && WithMistake(plan, mistake) is { } wrong)
            {
                tried++;
                caught += check.Fault(pair.Old, pair.New, wrong) is null ? 0 : 1;
            }
        }

        output.WriteLine($"seed {seed}: {caught} of {tried} caught");
        Assert.InRange(caught, seed == 1 ? expected : expected - OtherSeeds, seed == 1 ? expected : Plans);
    }

    private static CommitPlan? PlanOf(HeaderPair pair)
    {
        try
        {
            var plan = CommitPlanner.Plan(new HeaderChange(pair.Old, pair.New));
            return plan.Level is CommitLevel.Ordered or CommitLevel.Relocated ? plan : null;
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static List<CommitStep>? WithMistake(CommitPlan plan, string mistake)
    {
        var phases = Phases(plan);
        if (phases.Count < (mistake is "third phase early" or "second flush dropped" ? 3 : 2))
        {
            return null;
        }

        switch (mistake)
        {
            case "phases swapped":
                (phases[0], phases[1]) = (phases[1], phases[0]);
                break;
            case "first flush dropped":
                phases[0].RemoveAt(phases[0].Count - 1);
                break;
            case "second flush dropped":
                phases[1].RemoveAt(phases[1].Count - 1);
                break;
            case "third phase early":
                (phases[1], phases[2]) = (phases[2], phases[1]);
                break;
            default:
                phases[^1].RemoveAt(0);
                break;
        }

        return [.. phases.SelectMany(p => p)];
    }

    private static List<List<CommitStep>> Phases(CommitPlan plan)
    {
        var phases = new List<List<CommitStep>> { new() };
        foreach (var step in plan.Steps)
        {
            phases[^1].Add(step);
            if (step is Flush)
            {
                phases.Add([]);
            }
        }

        phases.RemoveAt(phases.Count - 1);
        return phases;
    }
}
