using System.Globalization;
using System.Text.RegularExpressions;
using Qcow2Fs.Codec;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>
/// Commits of the mounted program seen from outside by strace, and cut short there: SIGKILL at the entry of each write
/// and each flush.
/// </summary>
[Trait("Category", "Slow")]
public sealed partial class KillTests
{
    public static TheoryData<string, string, string, string> Edits => new()
    {
        { nameof(CommitLevel.OneSector), "default", "echo 5M > $M/header/size", "cat $M/header/size" },
        { nameof(CommitLevel.Ordered), "default", "echo some-base > $M/backing_file", "cat $M/backing_file" },
        { nameof(CommitLevel.Relocated), "backing", "printf %800s x > $M/extensions/0x6803f857", "wc -c < $M/extensions/0x6803f857" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void A_commit_is_the_writes_and_flushes_of_its_plan(string level, string recipe, string edit, string read)
    {
        using var directory = new TempDirectory();
        var image = QemuImages.Named(recipe).Make(directory);
        var old = Header.Decode(File.ReadAllBytes(image).AsSpan(0, 65536));

        var trace = Trace(directory, image, edit, inject: "").Expect().Output;

        var plan = CommitPlanner.Plan(new HeaderChange(old, Header.Decode(File.ReadAllBytes(image).AsSpan(0, 65536))));
        Assert.Equal(level, plan.Level.ToString());
        var planned = plan.Steps.Select(s => s is SectorWrite write ? $"512 at {write.Offset}" : "flush");
        Assert.Equal(planned, Calls(trace));
        Assert.Equal(Read(image, directory, read), Read(image, directory, edit + "; " + read));
    }

    [Theory]
    [MemberData(nameof(Edits))]
    public void A_kill_at_every_write_and_flush_leaves_the_old_header_or_the_new_one(string level, string recipe, string edit, string read)
    {
        using var directory = new TempDirectory();
        var image = QemuImages.Named(recipe).Make(directory);
        var original = File.ReadAllBytes(image);
        var (old, oldText) = (ReferenceReader.Read(original), Read(image, directory, read));
        var calls = Calls(Trace(directory, image, edit, inject: "").Expect().Output).ToList();
        var (@new, newText) = (ReferenceReader.Read(File.ReadAllBytes(image)), Read(image, directory, read));
        Assert.False(ReferenceHeader.SameContent(old, @new));

        var writes = calls.Count(c => c != "flush");
        var points = Enumerable.Range(1, writes).Select(n => $"pwrite64:signal=KILL:when={n}")
            .Concat(Enumerable.Range(1, calls.Count - writes).Select(n => $"fdatasync:signal=KILL:when={n}"));
        var olds = 0;
        foreach (var point in points)
        {
            File.WriteAllBytes(image, original);
            Trace(directory, image, edit, $"-e inject={point}");
            var left = ReferenceReader.Read(File.ReadAllBytes(image));
            var isOld = ReferenceHeader.SameContent(left, old);
            olds += isOld ? 1 : 0;
            Assert.True(isOld || ReferenceHeader.SameContent(left, @new),
                $"{level}, {point}: {ReferenceHeader.Difference(left, old)}; {ReferenceHeader.Difference(left, @new)}");

            // Mounted again it is what QEMU sees, too, and the next change goes through.
            Assert.Equal(isOld ? oldText : newText, Read(image, directory, read));
            var info = QemuImg.Run("info", "-f", "qcow2", image);
            Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
            Read(image, directory, $"echo 7M > $M/header/size && {read}");
            Assert.Equal(7UL << 20, ReferenceReader.Read(File.ReadAllBytes(image))["size"]);
        }

        // The first write never was: at least that point leaves the old header.
        Assert.InRange(olds, 1, calls.Count);
    }

    private static string Read(string image, TempDirectory directory, string command) => Program.Shell(
        $"mkdir -p $M && $Q mount $I $M && {{ {command}; rc=$?; $Q umount $M && exit $rc; }}",
        [("I", image), ("M", directory["mount"])]).Output;

    // The mount under strace, one edit, and its end if it still lives; what strace saw is the output.
    private static ToolResult Trace(TempDirectory directory, string image, string edit, string inject)
    {
        var result = Program.Shell(
            $$"""
            mkdir -p $M
            rm -f $D/words
            strace -f -qq -s 0 -o $D/trace -e trace=pwrite64,fdatasync {{inject}} $Q mount -f $I $M 2> $D/words &
            until grep -qs mounted $D/words || ! kill -0 $!; do :; done
            { {{edit}}; } 2> $D/said
            $Q umount $M 2> /dev/null || umount -l $M
            wait
            cat $D/trace
            """,
            [("I", image), ("M", directory["mount"]), ("D", directory.Path)]);
        Assert.Equal(0, Mounts.On(directory["mount"]));
        return result;
    }

    private static IEnumerable<string> Calls(string trace) => Call().Matches(trace).Select(
        m => m.Groups["at"].Success ? string.Create(CultureInfo.InvariantCulture, $"{m.Groups["size"]} at {m.Groups["at"]}") : "flush");

    [GeneratedRegex("""(pwrite64\(\d+, .*, (?<size>\d+), (?<at>\d+)\)|fdatasync\(\d+\)) +=""")]
    private static partial Regex Call();
}
