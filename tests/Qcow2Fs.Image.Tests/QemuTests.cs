using System.Text.Json.Nodes;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Image.Tests;

/// <summary>What real QEMU makes of images that a crash has left in the middle of a commit.</summary>
public class QemuTests(ITestOutputHelper output)
{
    private const int InfoStates = 300;
    private const int StatesPerEdit = 20;

    private static readonly string[] s_images =
    [
        "default", "v2-backing", "backing", "cluster-1024", "cluster-4096", "cluster-2097152", "luks", "bitmaps-4k", "everything",
        "data-file",
    ];

    /// <summary>Edits that leave a good image.</summary>
    private static readonly (string Name, Func<Header, Header> Edit)[] s_edits =
    [
        ("size", h => h.WithField(HeaderFields.Size, 3 << 20)),
        ("add backing file", h => h.WithBackingFile("base.qcow2"u8).WithBackingFormat("qcow2"u8)),
        ("longer name", h => h.WithBackingFile([.. Enumerable.Repeat((byte)'n', 200)])),
        ("no backing file", h => h.WithoutBackingFile()),
        ("add extension", h => h.WithExtensionAdded(0x12345678, "of no meaning"u8)),
        ("exchange extensions", h => h.WithoutExtensions(ExtensionMagic.FeatureTable)
            .WithExtensionAdded(0x1000, [.. Enumerable.Repeat((byte)0xab, 1500)])),
        ("remove feature table", h => h.WithoutExtensions(ExtensionMagic.FeatureTable)),
        ("feature name", h => h.WithFeatureName(FeatureGroup.Compatible, 9, "nine"u8)),
        ("version", h => h.WithField(HeaderFields.Version, h.Version == 2 ? 3u : 2u)),
        ("header_length", h => h.WithField(HeaderFields.HeaderLength, 136)),
    ];

    [Trait("Category", "Slow")]
    [Fact]
    public void Qemu_reads_the_old_or_the_new_header_in_every_crash_state()
    {
        using var directory = new TempDirectory();
        var random = new Random(Seed.First);
        var states = 0;
        var levels = new SortedDictionary<CommitLevel, int>();
        foreach (var (what, path, old, @new) in Cases(directory).ToList())
        {
            var plan = CommitPlanner.Plan(new HeaderChange(old, @new));
            levels[plan.Level] = levels.GetValueOrDefault(plan.Level) + 1;
            var all = new List<byte[]>();
            new CrashStates(random).Visit(old.Bytes.Span, plan.Steps, (bytes, _) => all.Add(bytes.ToArray()));
            var before = Info(path, old.Bytes.Span);
            var after = Info(path, @new.Bytes.Span);
            var different = all.DistinctBy(bytes => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)));
            foreach (var state in different.OrderBy(_ => random.Next()).Take(StatesPerEdit))
            {
                var info = Info(path, state);
                Assert.True(info == before || info == after, $"{what}:\n{info}\nis neither\n{before}\nnor\n{after}");
                states++;
            }
        }

        output.WriteLine($"{states} states, {string.Join(", ", levels)}");
        Assert.InRange(states, InfoStates, int.MaxValue);
    }

    [Fact]
    public void Qemu_may_rewrite_the_header_between_the_crash_and_the_next_commit()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("backing").Make(directory);
        using var image = ImageFile.At(path);
        var old = image.Commit(h => h.WithExtensionAdded(0x12345678, "kept"u8)).After;
        var @new = old.WithExtensionData(old.LastIndexOf(ExtensionMagic.BackingFormat), [.. "qcow2"u8, .. new byte[7]]);
        var plan = CommitPlanner.Plan(new HeaderChange(old, @new));
        Assert.Equal(CommitLevel.Relocated, plan.Level);
        var all = new List<byte[]>();
        new CrashStates(new(1)).Visit(old.Bytes.Span, plan.Steps, (bytes, _) => all.Add(bytes.ToArray()));
        var skipped = 0;
        foreach (var state in all.DistinctBy(Convert.ToBase64String).Take(40))
        {
            Write(path, state);
            QemuImg.Do("amend", "-f", "qcow2", "-o", "lazy_refcounts=on", path);
            skipped += image.ReadHeader().LastIndexOf(ExtensionMagic.Skip) >= 0 ? 1 : 0;
            image.Commit(h => h.WithoutSkip().WithField(HeaderFields.Size, 5 << 20));
            var read = ReferenceReader.Read(File.ReadAllBytes(path).AsSpan(0, 65536));
            Assert.DoesNotContain(read.Extensions, e => e.Magic == ReferenceExtension.SkipMagic);
            Assert.Equal("kept"u8.ToArray(), read.Extensions.Single(e => e.Magic == 0x12345678).Payload);
            Assert.Equal("base.qcow2"u8.ToArray(), read.BackingName!.Value);
            Assert.Equal((5ul << 20, 1ul), (read["size"], read["compatible_features"]));
            Assert.Equal(0, QemuImg.Check(path).ExitCode);
        }

        output.WriteLine($"QEMU carried our extension along in {skipped} states");
        Assert.True(skipped > 0);
    }

    private static IEnumerable<(string What, string Path, Header Old, Header New)> Cases(TempDirectory directory)
    {
        foreach (var name in s_images)
        {
            var path = QemuImages.Named(name).Make(directory);
            using var image = ImageFile.At(path);
            var old = image.ReadHeader();
            foreach (var (edit, apply) in s_edits)
            {
                if (Try(() => apply(old)) is { } @new
                    && !@new.Bytes.Span.SequenceEqual(old.Bytes.Span)
                    && Try(() => CommitPlanner.Plan(new HeaderChange(old, @new))) is not null)
                {
                    yield return ($"{name}, {edit}", path, old, @new);
                }
            }
        }
    }

    private static T? Try<T>(Func<T> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is HeaderException or ImageException)
        {
            return null;
        }
    }

    /// <summary>What qemu-img info says, without what depends on the file and not on the header.</summary>
    private static string Info(string path, ReadOnlySpan<byte> cluster)
    {
        Write(path, cluster);
        var info = JsonNode.Parse(QemuImg.Do("info", "-U", "-f", "qcow2", "--output=json", path).Output)!.AsObject();
        info.Remove("actual-size");
        info.Remove("children");
        return info.ToJsonString();
    }

    private static void Write(string path, ReadOnlySpan<byte> cluster)
    {
        using var file = File.OpenWrite(path);
        file.Write(cluster);
    }
}
