using System.Text.Json;
using Qcow2Fs.Check;
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

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("header/version", "7")]
    [InlineData("header/l1_size", "0")]
    [InlineData("features/incompatible/corrupt", "")]
    public void Json_has_the_answers_of_qemu(string path, string value)
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, path, value).Expect();
        var series = QemuImg.SeriesOf(QemuVersions.Names);
        var output = Program.Run("check", "--json", "--qemu", series, image.Path).Expect(Program.Found).Output;
        Assert.Equal(1, output.Count(c => c == '\n'));
        using var json = JsonDocument.Parse(output);
        Assert.Equal(image.Path, json.RootElement.GetProperty("image").GetString());
        AssertAnswer(json.RootElement, "info", QemuImg.Run("info", "-f", "qcow2", image.Path), image.Path);
        AssertAnswer(json.RootElement, "write", QemuImg.Run("amend", "-f", "qcow2", "-o", "compat=1.1", image.Path), image.Path);
        Assert.Equal(series, json.RootElement.GetProperty("qemu").GetProperty("version").GetString());
        Assert.NotEqual(0, json.RootElement.GetProperty("findings").GetArrayLength());
        Assert.Equal(
            ["image", "passes", "format", "virtual_size", "cluster_size", "encrypted", "backing_file", "backing_format", "data_file",
                "needs_memory", "qemu", "findings"], json.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("info-crash", "--qemu", "7.2")]
    [InlineData("info-crash", "--qemu", "9.1")]
    [InlineData("crypto-header-missing", "--qemu", "10")]
    [InlineData("crypto-header-missing", "--qemu", "11")]
    [InlineData("crypto-header-missing")]
    public void The_answers_are_those_of_the_QEMU_that_is_named(string rule, params string[] options)
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, "header/crypt_method", "2").Expect();
        var output = Program.Run(["check", .. options, image.Path]).Expect(Program.Found).Output;
        Assert.Contains("[crypto-header-missing]", output);
        Assert.Equal(rule == "info-crash", output.Contains("[info-crash]", StringComparison.Ordinal));
        if (options is [])
        {
            Assert.DoesNotContain("info-crash", Program.Run("cat", image.Path, "problems").Expect().Output);
        }
    }

    [Fact]
    public void What_differs_between_QEMUs_is_listed_and_explained()
    {
        var list = Program.Run("check", "--qemu", "list").Expect().Output;
        var lines = list.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(QemuVersions.Names, lines.Select(line => line.Split(' ')[0]).Distinct());
        Assert.All(QemuChange.All, change =>
        {
            Assert.Contains($"{change.Version.ToText(),-5} {change.Rule}: {change.Now}; before, {change.Before}", lines);
            var explained = Program.Run("check", "--explain", change.Rule).Expect().Output;
            Assert.Contains($"Since QEMU {change.Version.ToText()}: {change.Now}", explained);
        });
        Program.AssertRefused(Program.Run("check", "--qemu", "6.0", "x"), "there is no version '6.0'; there are 7.2, ", Program.WrongUse);
    }

    private static void AssertAnswer(JsonElement report, string way, ToolResult qemu, string path)
    {
        var sentence = report.GetProperty("qemu").GetProperty(way).GetString();
        var marker = $"Could not open '{path}': ";
        var at = qemu.Error.IndexOf(marker, StringComparison.Ordinal);
        Assert.Equal(at < 0 ? null : qemu.Error[(at + marker.Length)..].TrimEnd('\n'), sentence);
    }
}
