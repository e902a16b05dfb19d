using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>The gate: every good upload passes, every bad one does not, and for the right reason.</summary>
[Trait("Category", "Slow")]
public class UploadTests
{
    private static readonly string[] s_gate = ["check", "--untrusted", "--max-virtual-size", "100T", "--json"];

    [Fact]
    public void There_are_enough_of_both()
    {
        Assert.InRange(Uploads.All.Count(u => u.Rule is null), 20, 200);
        Assert.InRange(Uploads.All.Count(u => u.Rule is not null), 50, 200);
        Assert.Equal(Uploads.All.Count(), Uploads.All.DistinctBy(u => u.Name).Count());
    }

    [Fact]
    public void Good_uploads_pass()
    {
        using var directory = new TempDirectory();
        var good = Uploads.All.Where(u => u.Rule is null).ToArray();
        Assert.All(good, upload => upload.Make(directory));
        var result = Program.Run([.. s_gate, directory.Path]).Expect();
        Assert.Equal(good.Length, result.Output.Count(c => c == '\n'));
        Assert.Contains($"\n{good.Length} images: 0 with errors, 0 not to be trusted\n", "\n" + result.Error);
    }

    [Fact]
    public void No_bad_upload_passes_and_each_reason_is_named()
    {
        using var directory = new TempDirectory();
        var bad = Uploads.All.Where(u => u.Rule is not null).ToArray();
        string[] paths = [.. bad.Select(upload => upload.Make(directory))];
        var lines = Program.Run([.. s_gate, .. paths]).Expect(Program.Found).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(bad.Length, lines.Length);
        Assert.All(bad.Zip(paths, lines), row =>
        {
            var (upload, path, line) = row;
            using var json = JsonDocument.Parse(line);
            Assert.Equal(path, json.RootElement.GetProperty("image").GetString());
            Assert.False(json.RootElement.GetProperty("passes").GetBoolean());
            Assert.Contains(upload.Rule,
                json.RootElement.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("rule").GetString()));
            // The mount shows the same; only the command knows the limit of the disk's size.
            if (upload.Rule != "virtual-size")
            {
                Assert.Contains($"[{upload.Rule}]\n", Program.Run("cat", path, "problems").Expect().Output);
            }
        });
    }

    [Fact]
    public void A_flood_of_allowed_findings_hides_nothing()
    {
        using var directory = new TempDirectory();
        var path = Uploads.All.Single(u => u.Name == "flood").Make(directory);
        Program.Run("check", "-q", "--untrusted", "--allow", "extension-unknown,extension-duplicate,backing-format-missing", path)
            .Expect(Program.Found);
    }
}
