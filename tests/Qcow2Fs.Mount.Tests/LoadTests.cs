using System.Globalization;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class LoadTests(ITestOutputHelper output)
{
    // Garbage is collected every 4 MiB, so a size can be that much above another. And the runtime itself grows a
    // little when tiers of compiled code replace each other.
    private const int MaxGrowthKiB = (4 + 8) << 10;

    /// <summary>A minute in three parts; the first one warms up.</summary>
    [Fact]
    public void Readers_writers_and_QEMU_at_once_lose_nothing_and_nothing_grows()
    {
        Machine.Require("python3");
        using var mount = MountedImage.Of("default");
        var load = Path.Combine(AppContext.BaseDirectory, "load.py");
        var sizes = new List<(int Memory, int Descriptors)>();
        for (var part = 0; part < 3; part++)
        {
            var counts = mount.Line("cd /; python3 $1 $M $I 20", load);
            output.WriteLine(counts);
            Assert.Matches(new Regex(@"^qemu [1-9]\d* reader [1-9]\d* writer [1-9]\d*$"), counts);
            sizes.Add((Number("grep RssAnon /proc/$PID/status | tr -dc 0-9"), Number("ls /proc/$PID/fd | wc -l")));
        }

        output.WriteLine(string.Join(", ", sizes));
        Assert.InRange(sizes[2].Memory - sizes[0].Memory, int.MinValue, MaxGrowthKiB);
        Assert.InRange(sizes[2].Descriptors - sizes[0].Descriptors, -2, 2);
        mount.Qemu_agrees();

        int Number(string script) => int.Parse(mount.Line(script), CultureInfo.InvariantCulture);
    }
}
