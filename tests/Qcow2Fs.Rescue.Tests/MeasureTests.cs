using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>
/// Loses the first cluster of images of every kind, finds it again, and asks qemu-img whether what was found is right. Q2FS_RESCUES
/// sets how many.
/// </summary>
[Trait("Category", "Slow")]
public class MeasureTests(ITestOutputHelper output)
{
    private const ulong MaxSize = 2UL << 40;

    private static readonly int s_count = int.TryParse(
        Environment.GetEnvironmentVariable("Q2FS_RESCUES"), CultureInfo.InvariantCulture, out var number) ? number : 60;

    [Fact]
    public void Lost_headers_are_found_again()
    {
        var results = new ConcurrentBag<(string Kind, string Loss, bool HasSnapshots, string Verdict, string Story)>();
        using var others = new TempDirectory();
        var headers = Loss.OtherHeaders(others);
        Parallel.For(0, s_count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            using var directory = new TempDirectory();
            var image = LostImage.Make(directory, Seed.First, i);
            var loss = (i + (i / LostImage.Kinds.Length)) % Loss.Kinds.Length;
            var verdict = Try(image, directory, loss, headers);
            results.Add((image.Kind, Loss.Kinds[loss], image.HasSnapshots, verdict, string.Join("\n    ", image.Story)));
        });

        foreach (var kind in results.GroupBy(r => r.Kind).OrderBy(g => Array.IndexOf(LostImage.Kinds, g.Key)))
        {
            output.WriteLine($"{kind.Key,-24} {kind.Count(),4} {kind.Count(r => r.Verdict == "right"),4}");
        }

        foreach (var result in results.Where(r => r.Verdict != "right"))
        {
            output.WriteLine($"{result.Kind} {result.Loss}: {result.Verdict}\n    {result.Story}");
        }

        Assert.True(Share(results.Where(r => !r.HasSnapshots)) >= 0.99);
        Assert.True(Share(results.Where(r => r.HasSnapshots)) >= 0.95);
        Assert.DoesNotContain(results, r => r.Verdict.StartsWith("wrong without", StringComparison.Ordinal));

        static double Share(IEnumerable<(string Kind, string Loss, bool HasSnapshots, string Verdict, string Story)> some) =>
            some.Select(r => r.Verdict == "right" ? 1.0 : 0).DefaultIfEmpty(1).Average();
    }

    private static string Try(LostImage image, TempDirectory directory, int loss, IReadOnlyList<byte[]> headers)
    {
        var original = directory["original.qcow2"];
        File.Copy(image.Path, original);
        var random = new Random(image.Number);
        Loss.Overwrite(image.Path, image.ClusterSize, loss, random, headers[random.Next(headers.Count)]);
        var result = Search(image, image.Number % 3 == 0 ? image.Size : null);
        if (result.HasBest && (result.Candidates[0].Header[HeaderFields.Size] > MaxSize || !image.Known.DataFile.IsEmpty))
        {
            // qemu-img would compare petabytes of nothing for minutes, and it reads all of a raw data file.
            result = Search(image, image.Size);
        }

        if (result.IsHealthy || !result.HasBest)
        {
            return result.IsHealthy ? "nothing to do" : $"{result.Candidates.Length} candidates";
        }

        var best = result.Candidates[0];
        using (var file = File.OpenWrite(image.Path))
        {
            file.Write(best.Header.Bytes.Span);
        }

        var problem = Check(image) ?? Compare(image, original);
        var evidence = string.Join(", ", best.Evidence.Select(e => $"{e.What} {e.Value}"));
        return problem is null ? "right"
            : $"wrong {(best.Warnings.IsEmpty && best.Leaks + best.Corruptions == 0 ? "without" : "with")} a warning: {problem}\n"
                + $"    {evidence}; leaks {best.Leaks}, corruptions {best.Corruptions}; {string.Join("; ", best.Warnings)}";
    }

    /// <summary>What a search finds in the image's file.</summary>
    internal static RescueResult Search(LostImage image, ulong? size)
    {
        using var opened = OpenedImage.At(image.Path);
        return RescueSearch.Run(opened, opened.ReadHeader(), image.Known with { Size = size }, (_, _) => { });
    }

    private static string? Check(LostImage image)
    {
        var check = Tool.Run("qemu-img", ["check", .. image.Named(image.Path)]);
        return check.ExitCode == 0 ? null : $"check {check.ExitCode} {Short(check.Output + check.Error)}";
    }

    /// <summary>How the image's disk, snapshots and bitmaps differ from the original's; null if they do not.</summary>
    internal static string? Compare(LostImage image, string original)
    {
        var named = image.Named(image.Path);
        string[] arguments = named.Contains("--image-opts")
            ? ["compare", "--object", named[1], "--image-opts", image.Named(original)[^1], named[^1]]
            : ["compare", "-f", "qcow2", "-F", "qcow2", original, image.Path];
        var compare = Tool.Run("qemu-img", arguments);
        if (compare.ExitCode != 0)
        {
            return $"compare {compare.ExitCode} {Short(compare.Output + compare.Error)}";
        }

        var (before, after) = (QemuImg.Info(original), QemuImg.Info(image.Path));
        return Lists(before) == Lists(after) ? null : $"info: {Short(Lists(before))} and {Short(Lists(after))}";
    }

    private static string Lists(JsonElement info) =>
        (info.TryGetProperty("snapshots", out var snapshots) ? snapshots.GetRawText() : "")
        + (info.GetProperty("format-specific").GetProperty("data").TryGetProperty("bitmaps", out var bitmaps) ? bitmaps.GetRawText() : "");

    private static string Short(string text) => text[..Math.Min(text.Length, 300)].ReplaceLineEndings(" | ");
}

