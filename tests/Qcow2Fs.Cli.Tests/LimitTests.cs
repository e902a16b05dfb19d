using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>What the caller has forbidden to the program (ulimit): an error and a sentence, and no file is left behind.</summary>
public class LimitTests
{
    // The runtime maps its code by a file in memory, which counts; the released program has none.
    private const string Limit = "export DOTNET_EnableWriteXorExecute=0; ulimit -f 1; ";

    [Fact]
    public void A_new_image_that_may_not_be_so_large_is_not_left_behind()
    {
        using var directory = new TempDirectory();
        Program.AssertRefused(Program.Shell(Limit + "exec qcow2fs create \"$1\" 1M", directory["new"]),
            "the image cannot be created: File too large");
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void An_image_that_may_not_grow_is_not_changed()
    {
        using var directory = new TempDirectory();
        var bytes = new HeaderBuilder().Build()[..300];
        File.WriteAllBytes(directory["short"], bytes);
        Program.AssertRefused(
            Program.Shell(Limit + "head -c 2000 /dev/zero | tr '\\0' x | exec qcow2fs write \"$1\" extensions/0xcafe -",
                directory["short"]),
            "File too large");
        Assert.Equal(bytes, File.ReadAllBytes(directory["short"]));
    }

    [Fact]
    public void Standard_input_that_may_not_be_kept_is_a_failure()
    {
        var result = Program.Shell(Limit + "head -c 200000 /dev/urandom 2> /dev/null | exec qcow2fs check -");
        Program.AssertRefused(result, "-: a temporary file may not be so large (ulimit -f)");
    }

    [Fact]
    public void A_folder_that_takes_no_temporary_file_is_named() => Program.AssertRefused(
        Program.Shell("echo text | TMPDIR=/proc exec qcow2fs check -"), "-: no temporary file can be created in /proc");
}
