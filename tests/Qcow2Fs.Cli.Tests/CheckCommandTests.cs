using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

public class CheckCommandTests
{
    [Fact]
    public void A_good_image_has_no_finding()
    {
        using var image = TestImage.Of("default");
        Assert.Equal("", Program.Run("check", image.Path).Expect().Output);
        Assert.Equal("", Program.Run("cat", image.Path, "problems").Expect().Output);
    }

    [Fact]
    public void A_finding_is_a_line_and_its_way_out_another()
    {
        using var image = TestImage.Of("default");
        Program.Run("set-feature-bit", image.Path, "incompatible", "60").Expect();
        var result = Program.Run("check", image.Path).Expect(Program.Found);
        Assert.Matches("^[^\n]*: error: features/incompatible[^\n]*: Unsupported qcow2 feature\\(s\\): [^\n]* \\[unknown-features\\]\n" +
            "    qcow2fs rm [^\n]* features/incompatible/60[^\n]*\n", result.Output);
        Assert.Equal("", result.Error);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith(' '));
        Assert.Equal(lines.Select(line => line[(image.Path.Length + 2)..]),
            Program.Run("cat", image.Path, "problems").Expect().Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Several_images_are_told_apart_and_one_that_cannot_be_read_is_a_failure()
    {
        using var good = TestImage.Of("default");
        using var bad = TestImage.Of(new HeaderBuilder().Version(9).Build());
        var result = Program.Run("check", good.Path, bad.Path).Expect(Program.Found);
        Assert.StartsWith($"{bad.Path}: error: header/version: Unsupported qcow2 version 9 [version]\n", result.Output);
        result = Program.Run("check", good.Beside("missing"), bad.Path).Expect(Program.Refused);
        Assert.Contains("version 9", result.Output);
        Assert.Contains("missing: ", result.Error);
    }

    [Theory]
    [InlineData("header/version", "7")]
    [InlineData("header/l1_size", "0")]
    [InlineData("features/incompatible/corrupt", "")]
    public void Json_has_the_answers_of_qemu(string path, string value)
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, path, value).Expect();
        var output = Program.Run("check", "--json", image.Path).Expect(Program.Found).Output;
        Assert.Equal(1, output.Count(c => c == '\n'));
        using var json = JsonDocument.Parse(output);
        Assert.Equal(image.Path, json.RootElement.GetProperty("image").GetString());
        AssertAnswer(json.RootElement, "info", QemuImg.Run("info", "-f", "qcow2", image.Path), image.Path);
        AssertAnswer(json.RootElement, "write", QemuImg.Run("amend", "-f", "qcow2", "-o", "compat=1.1", image.Path), image.Path);
        Assert.NotEqual(0, json.RootElement.GetProperty("findings").GetArrayLength());
        Assert.Equal(
            ["image", "format", "virtual_size", "cluster_size", "encrypted", "backing_file", "backing_format", "data_file", "needs_memory",
                "qemu", "findings"], json.RootElement.EnumerateObject().Select(p => p.Name));
    }

    private static void AssertAnswer(JsonElement report, string way, ToolResult qemu, string path)
    {
        var sentence = report.GetProperty("qemu").GetProperty(way).GetString();
        var marker = $"Could not open '{path}': ";
        var at = qemu.Error.IndexOf(marker, StringComparison.Ordinal);
        Assert.Equal(at < 0 ? null : qemu.Error[(at + marker.Length)..].TrimEnd('\n'), sentence);
    }
}
