using System.Diagnostics;
using Qcow2Fs.Cli.Mount;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>The one rule of a mount that looks at the caller: what an unlink of a program means.</summary>
public sealed class UnlinkIntentTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly UnlinkIntent _intent = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("mv", true)]
    [InlineData("install", true)]
    [InlineData("ginstall", true)]
    [InlineData("cp", true)]
    [InlineData("tar", true)]
    [InlineData("bsdtar", true)]
    [InlineData("cpio", true)]
    [InlineData("rm", false)]
    [InlineData("mvv", false)]
    [InlineData("unlink", false)]
    public void A_program_is_known_by_the_name_of_its_process(string name, bool replaces)
    {
        using var process = Start(Link("sleep", name), "60");
        Assert.Equal(replaces, _intent.IsReplacement(process.Id, "header/size"u8));
        process.Kill();
    }

    [Theory]
    [InlineData("mv", false)]
    [InlineData("tar", false)]
    [InlineData("bsdtar", false)]
    [InlineData("cp", true)]
    [InlineData("install", true)]
    [InlineData("cpio", true)]
    public void What_it_has_read_before_was_moved_away_by_some(string name, bool replaces)
    {
        using var process = Start(Link("sleep", name), "60");
        _intent.HasRead(process.Id, "header/size"u8);
        Assert.Equal(replaces, _intent.IsReplacement(process.Id, "header/size"u8));
        Assert.True(_intent.IsReplacement(process.Id, "header/other"u8));
        process.Kill();
    }

    [Fact]
    public void What_another_process_has_read_does_not_count()
    {
        using var process = Start(Link("sleep", "mv"), "60");
        _intent.HasRead(process.Id + 1, "header/size"u8);
        Assert.True(_intent.IsReplacement(process.Id, "header/size"u8));
        process.Kill();
    }

    [Theory]
    [InlineData("mv", true)]
    [InlineData("rm", false)]
    public void An_applet_of_busybox_is_known_by_its_first_word(string applet, bool replaces)
    {
        // It waits for an answer before it overwrites or removes a file.
        File.WriteAllText(_directory["a"], "");
        File.WriteAllText(_directory["b"], "");
        using var process = Start("busybox", applet, "-i", _directory["a"], _directory["b"]);
        // The answer is awaited for a tenth of a second only, which is short on a busy machine.
        Assert.True(SpinWait.SpinUntil(() => _intent.IsReplacement(process.Id, "header/size"u8) == replaces, TimeSpan.FromSeconds(30)));
        process.Kill();
    }

    [Fact]
    public void Of_a_process_that_is_gone_or_cannot_be_seen_an_unlink_removes()
    {
        using var process = Start("true");
        process.WaitForExit();
        Assert.False(_intent.IsReplacement(process.Id, "header/size"u8));
        Assert.False(_intent.IsReplacement(0, "header/size"u8));
        Assert.False(_intent.IsReplacement(-1, "header/size"u8));
    }

    private string Link(string program, string name)
    {
        var target = Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .Select(folder => Path.Combine(folder, program)).First(File.Exists);
        File.CreateSymbolicLink(_directory[name], target);
        return _directory[name];
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;

        // Until execve(2) is done the child has the name of this process.
        var own = OpenFiles.NameOf("/proc/self");
        while (!process.HasExited && OpenFiles.NameOf($"/proc/{process.Id}") == own)
        {
            Thread.Sleep(1);
        }

        return process;
    }
}
