using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Image.Tests;

/// <summary>A crash, and then another one while the next commit tidies up what the first has left.</summary>
public class RecoveryTests(ITestOutputHelper output)
{
    private const int MinStates = 60_000;
    private const int MinTidied = 60;
    private const int StatesPerCommit = 8;

    [Trait("Category", "Slow")]
    [Fact]
    public void A_commit_after_a_crash_survives_a_crash_itself()
    {
        var seed = Seed.First;
        var random = new Random(seed);
        var first = new CrashStates(random);
        var second = new CrashCheck(random);
        var (refused, tidied) = (0, 0);
        for (var i = 0; second.Count < MinStates || tidied < MinTidied; i++)
        {
            var pair = HeaderPair.Next(seed + i);
            if (pair.Old.ClusterSize > 65536 || LevelOf(pair.Old, pair.New) is not CommitLevel.Relocated)
            {
                continue;
            }

            var crashed = new List<Header>();
            first.Visit(pair.Old.Bytes.Span, CommitPlanner.Plan(new HeaderChange(pair.Old, pair.New)).Steps, (bytes, _) =>
            {
                // Mostly states in the middle of the path, between its two switches.
                var header = crashed.Count < StatesPerCommit ? Header.Decode(bytes) : null;
                if (header is not null && random.Next(header.LastIndexOf(ExtensionMagic.Skip) >= 0 ? 3 : 50) == 0)
                {
                    crashed.Add(header);
                }
            });
            foreach (var old in crashed)
            {
                var @new = EditGenerator.Next(random, old.WithoutSkip()).After;
                if (@new.ClusterSize != old.ClusterSize || !HeaderContent.IsReadable(@new))
                {
                    continue;
                }

                if (LevelOf(old, @new) is null)
                {
                    refused++;
                    continue;
                }

                var plan = CommitPlanner.Plan(new HeaderChange(old, @new));
                Assert.Null(second.Fault(old, @new, plan.Steps) is { } fault ? $"{pair}, then: {fault}" : null);
                tidied += old.LastIndexOf(ExtensionMagic.Skip) >= 0 ? 1 : 0;
            }
        }

        output.WriteLine($"seed {seed}: {second.Count} states, {tidied} commits removed what a crash had left, {refused} refused");
    }

    [Fact]
    public void A_crash_leaves_nothing_that_the_next_commit_keeps()
    {
        var old = Header.Decode(new HeaderBuilder().Extension(0x6803f857, new byte[384]).Extension(7, "x").Backing("b").Build());
        var @new = old.WithExtensionData(1, new byte[100]);
        var states = 0;
        new CrashStates(new(1)).Visit(old.Bytes.Span, CommitPlanner.Plan(new HeaderChange(old, @new)).Steps, (bytes, _) =>
        {
            var crashed = Header.Decode(bytes);
            states += crashed.LastIndexOf(ExtensionMagic.Skip) >= 0 ? 1 : 0;
            var io = new FaultyIo(bytes.ToArray(), Fault.InputOutput, -1);
            var next = crashed.WithoutSkip().WithField(HeaderFields.Size, 77);
            CommitExecutor.Run(CommitPlanner.Plan(new HeaderChange(crashed, next)), io);
            var read = ReferenceReader.Read(io.Content);
            Assert.Equal(77ul, read["size"]);
            Assert.DoesNotContain(read.Extensions, e => e.Magic == ReferenceExtension.SkipMagic);
            Assert.Equal(2, read.Extensions.Length);
        });
        Assert.True(states > 0);
    }

    private static CommitLevel? LevelOf(Header old, Header @new)
    {
        try
        {
            return CommitPlanner.Plan(new HeaderChange(old, @new)).Level;
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
