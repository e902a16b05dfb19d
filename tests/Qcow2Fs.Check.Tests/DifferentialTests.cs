using System.Globalization;
using Qcow2Fs.Codec;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Check.Tests;

/// <summary>The predicted answers against those of the real qemu-img and qemu-io, over damaged images of every kind.</summary>
[Trait("Category", "Slow")]
public class DifferentialTests(ITestOutputHelper output)
{
    private static readonly object s_dataFile = new();

    private static readonly int s_mutants = Number("Q2FS_MUTANTS", 2000);

    [Fact]
    public void Undamaged_images_open_and_are_said_to()
    {
        using var directory = new TempDirectory();
        Assert.All(QemuImages.All, image =>
        {
            var path = image.Make(directory);
            var report = ImageCheck.Run(
                new Mutant(image.Name, SparseImage.Load(path), new(0)).Header, SparseImage.Load(path), qemu: QemuVerdict.Series);

            Assert.Equal((null, null, null), (report.Info, report.Read, report.Write));
            Assert.DoesNotContain(report.Findings,
                f => f.Severity is not (Severity.Reference or Severity.Note) && f.Rule is not "repair-deletes-snapshots");
        });
    }

    [Fact]
    public void Mutants_are_judged_as_QEMU_judges_them()
    {
        using var directory = new TempDirectory();
        var images = QemuImages.All.Select(i => (i.Name, Image: SparseImage.Load(i.Make(directory)))).ToArray();
        var tally = new VerdictTally();

        Parallel.For(0, s_mutants, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var mutant = Mutant.Make(Seed.First, i, images);
            Compare(mutant, directory[$"mutant-{i}.qcow2"], tally);
        });

        var reachable = ReachableRules.Of(QemuVerdict.Series);
        output.WriteLine($"QEMU {QemuVerdict.Series.ToText()}, seed {Seed.First}: {tally.Summary}");
        foreach (var (rule, count) in tally.Rules.OrderBy(r => r.Key))
        {
            output.WriteLine($"{count,6} {rule}");
        }

        foreach (var text in tally.Misses.Concat(tally.Differences).Take(40))
        {
            output.WriteLine(text);
        }

        output.WriteLine("never hit: " + string.Join(' ', reachable.Except(tally.Rules.Keys)));
        Assert.Empty(tally.Misses);
        Assert.True(tally.EqualPercent >= 99.5, tally.Summary);
        Assert.Empty(reachable.Except(tally.Rules.Keys));
        Assert.Empty(tally.Rules.Keys.Except(reachable));
    }

    private static void Compare(Mutant mutant, string path, VerdictTally tally)
    {
        var report = ImageCheck.Run(mutant.Header, mutant.Image, qemu: QemuVerdict.Series);
        var isHuge = report.Findings.Any(finding => finding.Rule == "memory");
        var story = $"{Path.GetFileNameWithoutExtension(path)} of {mutant.BaseName}: {string.Join(", ", mutant.Story)}";
        var crypt = mutant[HeaderFields.CryptMethod];
        var needsDataFile = (mutant[HeaderFields.IncompatibleFeatures] & 4) != 0;
        mutant.Image.Save(path);
        // All images with a data file name the same one, and QEMU locks it.
        lock (needsDataFile ? s_dataFile : new())
        {
            Ask();
        }

        File.Delete(path);

        // A repair that finds what it cannot repair changes no header, and the image opens, dirty as it was.
        string? Write() => QemuVerdict.Open(path, crypt, write: true) is { } answer ? answer
            : report.Write == WriteRules.CannotRepair && QemuVerdict.IsDirty(path) ? report.Write + " (but not tried)"
            : null;

        void Ask()
        {
            // Writing comes last, as it may change the file.
            tally.Add("info ", story, report.Info, report.Rules.Info, QemuVerdict.Info(path), needsDataFile: false, isHuge);
            tally.Add("read ", story, report.Read, report.Rules.Read, QemuVerdict.Open(path, crypt, write: false), needsDataFile, isHuge);
            tally.Add("write", story, report.Write, report.Rules.Write, Write(), needsDataFile, isHuge);
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
