using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public sealed class CreateTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public static IEnumerable<object[]> ClusterSizes =>
        from bits in Enumerable.Range(9, 13)
        from compat in new[] { "0.10", "1.1" }
        select new object[] { 1 << bits, compat };

    [Theory]
    [MemberData(nameof(ClusterSizes))]
    public void An_image_of_each_cluster_size_is_good_for_QEMU(int clusterSize, string compat)
    {
        foreach (var size in new[] { "0", "512", "1000448", "1M", clusterSize >= 4096 ? "1T" : "1G" })
        {
            var image = _directory[$"{size}.qcow2"];
            var result = Program.Run("create", "-o", $"cluster_size={clusterSize},compat={compat}", image, size);
            Assert.True(result is { ExitCode: 0, Output: "", Error: "" }, result.ToString());
            var check = QemuImg.Run("check", image);
            Assert.True(check.ExitCode == 0 && check.Output.Contains("No errors", StringComparison.Ordinal), check.ToString());
            var info = QemuImg.Info(image);
            Assert.Equal(clusterSize, info.GetProperty("cluster-size").GetInt32());
            Assert.Equal(compat, info.GetProperty("format-specific").GetProperty("data").GetProperty("compat").GetString());
            var bytes = size switch
            {
                "1M" => 1L << 20,
                "1G" => 1L << 30,
                "1T" => 1L << 40,
                _ => long.Parse(size, System.Globalization.CultureInfo.InvariantCulture),
            };
            Assert.Equal(bytes,
                info.GetProperty("virtual-size").GetInt64());
        }
    }

    [Fact]
    public void QEMU_writes_and_reads_what_was_created()
    {
        var image = _directory["a.qcow2"];
        Program.Run("create", image, "64M").Expect();
        Assert.Equal(0, Tool.Run("qemu-io", "-f", "qcow2", "-c", "write -P 5 1M 2M", "-c", "read -P 5 1M 2M", "-c", "read -P 0 60M 1M",
            image).ExitCode);
        QemuImg.Do("check", "-q", image);
    }

    [Fact]
    public void A_backing_file_is_named_and_not_opened()
    {
        var image = _directory["a.qcow2"];
        Program.Run("create", "-b", "nowhere.raw", "-F", "raw", image, "1M").Expect();
        var info = QemuImg.Info(image);
        Assert.Equal("nowhere.raw", info.GetProperty("backing-filename").GetString());
        Assert.Equal("raw", info.GetProperty("backing-filename-format").GetString());
    }

    [Theory]
    [InlineData("exists", 1, "exists", "1M")]
    [InlineData("new", 2, "abc", "abc")]
    [InlineData("new", 2, "16E", "16E")]
    [InlineData("new", 2, "cluster_size", "1M", "-o", "cluster_size=1000")]
    [InlineData("new", 2, "cluster_size", "1M", "-o", "cluster_size=256")]
    [InlineData("new", 2, "cluster_size", "1M", "-o", "cluster_size=4M")]
    [InlineData("new", 2, "compat=2", "1M", "-o", "compat=2")]
    [InlineData("new", 2, "colour=red", "1M", "-o", "colour=red")]
    [InlineData("new", 2, "-b and -F go together", "1M", "-b", "base.raw")]
    [InlineData("new", 2, "-b and -F go together", "1M", "-F", "raw")]
    [InlineData("no/such/directory", 1, "no/such/directory", "1M")]
    public void What_cannot_be_created_is_refused_and_leaves_nothing(string name, int status, string words, string size,
        params string[] options)
    {
        File.WriteAllText(_directory["exists"], "mine");
        var result = Program.Run(["create", .. options, _directory[name], size]);
        Assert.True(result.ExitCode == status && result.Output.Length == 0, result.ToString());
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.Matches(@"\Aqcow2fs: [^\n]+\n\z", result.Error);
        Assert.Equal("mine", File.ReadAllText(_directory["exists"]));
        Assert.False(File.Exists(_directory["new"]));
    }

    public void Dispose() => _directory.Dispose();
}
