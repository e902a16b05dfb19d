using BenchmarkDotNet.Attributes;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;

namespace Qcow2Fs.Micro;

/// <summary>Two headers to the order of writes that leads from one to the other, without any of the writes.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class CommitBenchmarks
{
    private readonly Header _header = Samples.Overlay();
    private readonly Header _same = Samples.Overlay();
    private readonly Header _resized = Samples.Overlay().WithField(HeaderFields.Size, 1 << 20);
    private readonly Header _usual = Samples.Usual();
    private readonly Header _extended = Samples.Usual().WithExtensionAdded(0xcafe, "any bytes"u8);
    private readonly Header _crowded = Header.FromOwned(Samples.Crowded());
    private readonly Header _moreCrowded = Header.FromOwned(Samples.Crowded()).WithExtensionAdded(0xcafe, "any bytes"u8);
    private readonly Header _renamed = Samples.Overlay().WithBackingFile("/pool/base.img"u8);

    [GlobalSetup]
    public void Check()
    {
        Require(_header, _same, CommitLevel.Nothing);
        Require(_header, _resized, CommitLevel.OneSector);
        Require(_usual, _extended, CommitLevel.Ordered);
        Require(_header, _renamed, CommitLevel.Relocated);
        Require(_crowded, _moreCrowded, CommitLevel.Ordered);
    }

    [Benchmark(Description = "plan: nothing changes")]
    public object Nothing() => CommitPlanner.Plan(new HeaderChange(_header, _same));

    [Benchmark(Description = "plan: one sector (a field)")]
    public object OneSector() => CommitPlanner.Plan(new HeaderChange(_header, _resized));

    [Benchmark(Description = "plan: ordered (an extension more)")]
    public object Ordered() => CommitPlanner.Plan(new HeaderChange(_usual, _extended));

    [Benchmark(Description = "plan: relocated (a longer backing file name)")]
    public object Relocated() => CommitPlanner.Plan(new HeaderChange(_header, _renamed));

    [Benchmark(Description = "plan: an extension behind 262,000")]
    public object Crowded() => CommitPlanner.Plan(new HeaderChange(_crowded, _moreCrowded));

    // The names of the benchmarks say a level.
    private static void Require(Header from, Header to, CommitLevel level)
    {
        if (CommitPlanner.Plan(new HeaderChange(from, to)).Level is var planned && planned != level)
        {
            throw new InvalidOperationException($"the plan is {planned}, not {level}");
        }
    }
}
