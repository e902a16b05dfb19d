using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Qcow2Fs.Codec;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>Images with one fault in their tables, with and without their header, and images that are dirty.</summary>
public class DamageTests(ITestOutputHelper output)
{
    private static readonly ImmutableArray<Field> s_told =
    [
        HeaderFields.ClusterBits, HeaderFields.L1TableOffset, HeaderFields.L1Size, HeaderFields.RefcountTableOffset,
        HeaderFields.RefcountOrder, HeaderFields.NbSnapshots, HeaderFields.SnapshotOffset,
    ];

    public static TheoryData<string> Kinds => [.. Damage.Kinds];

    /// <summary>The true header comes first, whatever is damaged; one that is there is left alone.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_true_header_explains_most(string kind)
    {
        using var directory = new TempDirectory();
        var (clusterSizes, wrong) = (new[] { 65536, 65536, 4096, 512, 65536, 16384 }, new List<string>());
        for (var seed = 0; seed < clusterSizes.Length; seed++)
        {
            var random = new Random((Seed.First * 31) + seed);
            var image = Make(directory, seed, clusterSizes[seed], withSnapshots: seed % 2 == 1 || kind == Damage.Kinds[^1], random);
            var bytes = Damage.Apply(image, kind, random);

            if (!new MemoryImage(bytes).Search().IsHealthy)
            {
                wrong.Add($"{seed}: a header that is there is not left alone");
            }

            bytes.AsSpan(0, clusterSizes[seed]).Clear();
            var result = new MemoryImage(bytes).Search(new() { Size = HeaderFields.Size.Read(image) });
            if (!result.HasBest || s_told.Any(field => result.Candidates[0].Header[field] != field.Read(image)))
            {
                wrong.Add($"{seed}: {result.Candidates.Length} candidates, not the header that was there first");
            }
        }

        Assert.Empty(wrong);
    }

    /// <summary>With lazy refcounts, the clusters that were written last have no refcount if QEMU dies.</summary>
    [Theory]
    [InlineData(65536, "write -q -P 1 0 8M")]
    [InlineData(65536, "write -q -P 1 0 64k")]
    [InlineData(4096, "write -q -P 1 3M 1M")]
    [InlineData(512, "write -q -P 1 100k 300k")]
    public void A_dirty_image_keeps_its_data(int clusterSize, string write)
    {
        using var directory = new TempDirectory();
        var (dirty, truth) = (directory["dirty"], directory["truth"]);
        QemuImg.Do("create", "-q", "-f", "qcow2", "-o", $"lazy_refcounts=on,cluster_size={clusterSize}", dirty, "64M");
        Tool.Run("qemu-io", "-f", "qcow2", "-c", write, "-c", "flush", "-c", "abort", dirty);
        var bytes = File.ReadAllBytes(dirty);
        Assert.Equal(1UL, HeaderFields.IncompatibleFeatures.Read(bytes) & 1);
        File.Copy(dirty, truth);
        Tool.Run("qemu-img", "check", "-q", "-r", "all", truth);
        Assert.True(new MemoryImage(bytes).Search() is { Own.HasAny: true, Candidates: [] });

        bytes.AsSpan(0, clusterSize).Clear();
        var result = new MemoryImage(bytes).Search(new() { Size = 64 << 20 });
        Assert.True(result.HasBest);
        Assert.Contains(result.Candidates[0].Warnings, warning => warning.Contains("lazy refcounts", StringComparison.Ordinal));
        result.Candidates[0].Header.Bytes.Span.CopyTo(bytes);
        File.WriteAllBytes(dirty, bytes);
        Tool.Run("qemu-img", "check", "-q", "-r", "all", dirty);
        Assert.Equal(0, QemuImg.Check(dirty).ExitCode);
        QemuImg.Do("compare", truth, dirty);
    }

    /// <summary>
    /// Images of all kinds: what is found is the header that was there, or is repaired by qemu-img to the same disk.
    /// </summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void Damaged_images_of_all_kinds_are_found_again()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("Q2FS_RESCUES"), CultureInfo.InvariantCulture, out var n) ? n : 28;
        var results = new ConcurrentBag<(string Damage, bool IsLost, string Verdict)>();
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            using var directory = new TempDirectory();
            var kind = Damage.Kinds[i % Damage.Kinds.Length];
            // The names of the others' files or keys stand in the first cluster.
            var image = LostImage.Make(directory, Seed.First, i, except: ["data file", "LUKS", "backing file"]);
            string verdict;
            try
            {
                verdict = Try(image, directory, kind, isLost: i / Damage.Kinds.Length % 2 == 0);
            }
            catch (HeaderException e)
            {
                verdict = e.Message;
            }

            results.Add((kind, i / Damage.Kinds.Length % 2 == 0, verdict == "right" ? verdict
                : $"{verdict}\n    {image.Number} {image.Kind}: {string.Join("\n    ", image.Story)}"));
        });

        foreach (var kind in results.GroupBy(r => (r.Damage, r.IsLost)).OrderBy(g => g.Key))
        {
            output.WriteLine($"{kind.Key.Damage,-28} {(kind.Key.IsLost ? "lost" : "there"),-6} {kind.Count(),4} "
                + $"{kind.Count(r => r.Verdict == "right"),4}");
        }

        foreach (var result in results.Where(r => r.Verdict != "right"))
        {
            output.WriteLine($"{result.Damage} {(result.IsLost ? "lost" : "there")}: {result.Verdict}");
        }

        Assert.True(results.Count(r => r.Verdict != "right") <= count / 20);
        Assert.DoesNotContain(results, r => r.Verdict.StartsWith("wrong without", StringComparison.Ordinal));
    }

    private static string Try(LostImage image, TempDirectory directory, string kind, bool isLost)
    {
        var bytes = Damage.Apply(File.ReadAllBytes(image.Path), kind, new Random(image.Number));
        var truth = directory["truth"];
        File.WriteAllBytes(truth, bytes);
        if (isLost)
        {
            bytes.AsSpan(0, Math.Min(image.ClusterSize, bytes.Length)).Clear();
        }

        File.WriteAllBytes(image.Path, bytes);
        var result = MeasureTests.Search(image, image.Size);
        if (!isLost)
        {
            return result.IsHealthy ? "right" : $"{result.Candidates.Length} candidates";
        }

        if (!result.HasBest)
        {
            return $"none of {result.Candidates.Length} candidates is best";
        }

        var best = result.Candidates[0];
        using (var file = File.OpenWrite(image.Path))
        {
            file.Write(best.Header.Bytes.Span);
        }

        var header = File.ReadAllBytes(truth);
        if (s_told.All(field => best.Header[field] == field.Read(header))
            && (best.Header[HeaderFields.IncompatibleFeatures] ^ HeaderFields.IncompatibleFeatures.Read(header)) <= 1)
        {
            // What is cut off may be what QEMU cannot do without, such as a bitmap directory.
            return "right";
        }

        Tool.Run("qemu-img", "check", "-q", "-r", "all", "-f", "qcow2", truth);
        Tool.Run("qemu-img", "check", "-q", "-r", "all", "-f", "qcow2", image.Path);
        return MeasureTests.Compare(image, truth) is not { } problem ? "right"
            : $"wrong {(best.Warnings.IsEmpty && best.Leaks + best.Corruptions == 0 ? "without" : "with")} a warning: {problem}";
    }

    private static byte[] Make(TempDirectory directory, int number, int clusterSize, bool withSnapshots, Random random)
    {
        var path = directory[$"image-{number}"];
        QemuImg.Do("create", "-q", "-f", "qcow2", "-o", $"cluster_size={clusterSize}", path, "8M");
        for (var i = 0; i < 3; i++)
        {
            var write = $"write -q -P {i + 1} {random.Next(4 << 11) * 512} {random.Next(1, 64) * clusterSize / 2}";
            Tool.Run("qemu-io", "-f", "qcow2", "-c", write, path).Expect();
            if (withSnapshots && i < 2)
            {
                QemuImg.Do("snapshot", "-c", $"snapshot {i}", path);
            }
        }

        return File.ReadAllBytes(path);
    }
}
