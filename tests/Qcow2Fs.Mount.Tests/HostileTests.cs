using System.Globalization;
using System.Text.Json;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class HostileTests
{
    private const int MaxPeakKiB = 200 << 10;

    /// <summary>All files of all trees are read through one mount, by several readers; no file is opened but the images.</summary>
    [Fact]
    public void A_mount_reads_every_bad_image_and_opens_nothing_that_it_names()
    {
        Machine.Require("strace");
        using var pool = MountedImage.Made("mkdir $I; qemu-img create -q -f qcow2 $I/good 1M");
        var count = Write(pool.Image);
        // What cannot be read has its errno; what matters is that everything is tried, and that the mount lives.
        pool.Run("find . \\( -name many -o -name snapshots-many -o -path '*/snapshots/*' \\) -prune -o -type f -print0 | " +
            "xargs -0 -P 2 -n 200 cat > /dev/null");
        // A list of 262,000 and a table of 65,536.
        Assert.Equal("262000\n65536\n", pool.Do("ls -U many/extensions | wc -l; ls -U snapshots-many/snapshots | wc -l"));
        pool.Do("cat many/header.json many/problems many/extensions/0x000000ab.262000 > /dev/null; " +
            "find snapshots-many/snapshots/65535 -maxdepth 1 -type f -exec cat {} + > /dev/null");

        Assert.True(count > 100);
        // The tracer is slow, so it looks at those that name something.
        pool.Run("""
            strace -f -qq -o $D/trace -e trace=%file -p $PID 2> /dev/null & tracer=$!
            while ! grep -q TracerPid:.[1-9] /proc/$PID/status; do sleep 0.01; done
            find names json url -type f -print0 | xargs -0 cat > /dev/null
            kill $tracer; wait $tracer
            """);
        var trace = File.ReadAllLines(pool.Directory["trace"]);
        // The trees of these are there, so the trace has seen their images opened.
        Assert.Contains(trace, line => line.Contains("\"names\"", StringComparison.Ordinal));
        Assert.DoesNotContain(trace, line => line.Contains(HostileImages.Planted, StringComparison.Ordinal));
        Assert.Equal("1048576\n", pool.Do("cat good/header/size"));
        var peak = int.Parse(pool.Line("grep VmHWM /proc/$PID/status | tr -dc 0-9"), CultureInfo.InvariantCulture);
        Assert.InRange(peak, 1, MaxPeakKiB);
    }

    /// <summary>
    /// The commands answer with 0, 1 or 3, with a sentence or none, and in bounded memory. A path that the image does not have
    /// is answered with 1. The released program reads all images; what dotnet build made, which takes 30 times as long to start, one in 4.
    /// </summary>
    [Theory]
    [InlineData("check", "IMAGE")]
    [InlineData("cat", "IMAGE", "header.json")]
    [InlineData("dump-header", "IMAGE")]
    [InlineData("ls", "-l", "IMAGE")]
    [InlineData("ls", "-l", "IMAGE", "extensions")]
    [InlineData("ls", "-l", "IMAGE", "snapshots")]
    public void A_command_reads_every_bad_image(params string[] words)
    {
        using var directory = new TempDirectory();
        var oneIn = Tool.IsReleased ? 1 : 4;
        var count = (Write(directory.Path) + oneIn - 1) / oneIn;
        var result = Program.Shell("exec python3 \"$@\"",
            [Path.Combine(AppContext.BaseDirectory, "commands.py"), $"{oneIn}", directory.Path, Program.Path, .. words]);
        var runs = JsonSerializer.Deserialize<CommandRun[]>(result.Expect().Output)!;
        Assert.Equal(count, runs.Length);
        Assert.All(runs, run =>
        {
            Assert.True(run.ExitCode is 0 or 1 or 3, $"{run}");
            Assert.DoesNotContain("   at ", run.Words);
            Assert.True(run.ExitCode is 1 == run.Words.Length > 0, $"{run}");
            Assert.InRange(run.PeakKiB, 1, MaxPeakKiB);
        });
    }

    /// <summary>No command opens a file that an image names.</summary>
    [Theory]
    [InlineData("names")]
    [InlineData("json")]
    [InlineData("url")]
    public void A_command_opens_nothing_that_an_image_names(string name)
    {
        Machine.Require("strace");
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory[name], HostileImages.All().Single(i => i.Name == name).Bytes);
        foreach (var words in new[] { "check I", "cat I header.json", "cat I backing_file", "dump-header I", "ls -l I",
            "ls -l I extensions" })
        {
            Program.Shell($"cd $D; exec strace -f -qq -o trace -e trace=%file $Q {words.Replace("I", name, StringComparison.Ordinal)} > " +
                "out 2>&1", [("D", directory.Path)]);
            var trace = File.ReadAllLines(directory["trace"]);
            Assert.Contains(trace,
                line => line.Contains("openat", StringComparison.Ordinal) && line.Contains($"\"{name}\"", StringComparison.Ordinal));
            Assert.DoesNotContain(trace, line => line.Contains(HostileImages.Planted, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("mkfifo $D/x", "x")]
    [InlineData("ln -s x $D/x", "x")]
    [InlineData("true", "missing")]
    [InlineData("true", "/dev/zero")]
    [InlineData("true", "/dev/full")]
    [InlineData("true", "/dev/tty0")]
    public void What_is_no_image_is_refused_at_once(string script, string source)
    {
        using var directory = new TempDirectory();
        var result = Program.Shell($"cd $D; {script}; mkdir m; for c in 'mount {source} m' 'ls {source}' 'check {source}'; " +
            "do timeout 20 $Q $c; echo $?; done", [("D", directory.Path)]);
        Assert.Equal("1\n1\n1\n", result.Output);
        Assert.Equal(3, result.Error.Count(c => c == '\n'));
    }

    private static int Write(string folder)
    {
        var count = 0;
        foreach (var (name, bytes) in HostileImages.All())
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            count++;
        }

        return count + WriteMutants(folder);
    }

    // Good images of every kind, each damaged in a way or more.
    private static int WriteMutants(string folder)
    {
        using var directory = new TempDirectory();
        var images = QemuImages.All.Select(i => (i.Name, SparseImage.Load(i.Make(directory)))).ToArray();
        for (var number = 0; number < Mutant.Ways; number++)
        {
            var mutant = Mutant.Make(Seed.First, number, images);
            mutant.Image.Save(Path.Combine(folder, $"mutant-{number}-{string.Join('-', mutant.Story.Distinct())}"));
        }

        return Mutant.Ways;
    }

    private sealed record CommandRun(string Image, int ExitCode, long PeakKiB, string Words);
}
