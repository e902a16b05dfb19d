using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Qcow2Fs.Codec;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Check.Tests.Map;

/// <summary>Leaks and corruptions by the map against those of the real qemu-img check, over images with damaged tables.</summary>
[Trait("Category", "Slow")]
public class MapDifferentialTests(ITestOutputHelper output)
{
    private static readonly int s_mutants = int.TryParse(
        Environment.GetEnvironmentVariable("Q2FS_MAP_MUTANTS"), CultureInfo.InvariantCulture, out var number) ? number : 1000;

    [Fact]
    public void Counts_are_those_of_qemu_img_check()
    {
        using var directory = new TempDirectory();
        var images = MapImage.All.Select(image => (Image: image, Bytes: SparseImage.Load(image.Make(directory)))).ToArray();
        var differences = new ConcurrentBag<string>();
        var (compared, clean) = (0, 0);
        foreach (var (image, bytes) in images)
        {
            Compare(image, bytes, directory, image.Name);
        }

        Assert.Empty(differences);
        Assert.Equal(images.Length, clean);
        Parallel.For(0, s_mutants, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var random = new Random(HashCode(Seed.First, i));
            var (image, bytes) = images[random.Next(images.Length)];
            var mutant = bytes.Clone();
            var story = MapMutant.Make(mutant, random, i).Story;
            Compare(image, mutant, directory, $"{i} of {image.Name}: {string.Join(' ', story)}");
        });

        output.WriteLine($"{compared} compared, {clean} of them clean");
        foreach (var difference in differences.Take(30))
        {
            output.WriteLine(difference);
        }

        Assert.Empty(differences);
        Assert.True(compared > s_mutants * 3 / 4, $"{compared} compared");
        Assert.True(clean < compared / 4, $"{clean} clean");

        void Compare(MapImage image, SparseImage bytes, TempDirectory directory, string story)
        {
            var map = ImageMap.Of(Header.Decode(bytes.Read(0, Header.ClusterSizeOf(bytes.Read(0, 24)))), bytes);
            Assert.Equal(map.Totals.Clusters, map.Runs().Sum(run => (long)run.Length) / map.ClusterSize);
            var path = directory[$"mutant-{Guid.NewGuid()}.qcow2"];
            bytes.Save(path);
            var answer = image.Check(directory, path);
            File.Delete(path);
            if (answer.ExitCode is not (0 or 2 or 3))
            {
                return;
            }

            var report = JsonDocument.Parse(answer.Output).RootElement;
            if (Number(report, "check-errors") > 0)
            {
                return;
            }

            Interlocked.Increment(ref compared);
            var expected = (Number(report, "leaks"), Number(report, "corruptions"));
            Interlocked.Add(ref clean, expected == (0, 0) ? 1 : 0);
            if (expected != (map.Totals.Leaks, map.Totals.Corruptions))
            {
                differences.Add($"{story}: qemu-img {expected}, map {(map.Totals.Leaks, map.Totals.Corruptions)}\n{answer.Error}"
                    + string.Join('\n', map.Totals.Problems.Take(10)));
            }
        }
    }

    // Random's own seeds are too similar.
    private static int HashCode(int seed, int number) => unchecked((seed * 1000003) + (number * 7919));

    private static ulong Number(JsonElement report, string name) => report.TryGetProperty(name, out var value) ? value.GetUInt64() : 0;
}
