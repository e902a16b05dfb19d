using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>The gate: every good upload passes, every bad one does not, and for the right reason.</summary>
public class UploadTests
{
    private static readonly string[] s_gate = ["check", "--untrusted", "--max-virtual-size", "100T", "--json"];

    public static IEnumerable<object[]> Bad => Uploads.All.Where(u => u.Rule is not null).Select(u => new object[] { u.Name });

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

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_upload_does_not_pass_and_the_reason_is_named(string name)
    {
        using var directory = new TempDirectory();
        var upload = Uploads.All.Single(u => u.Name == name);
        var path = upload.Make(directory);
        using var json = JsonDocument.Parse(Program.Run([.. s_gate, path]).Expect(Program.Found).Output);
        Assert.Contains(upload.Rule,
            json.RootElement.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("rule").GetString()));
        // The mount shows the same; only the command knows the limit of the disk's size.
        if (upload.Rule != "virtual-size")
        {
            Assert.Contains($"[{upload.Rule}]\n", Program.Run("cat", path, "problems").Expect().Output);
        }
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
