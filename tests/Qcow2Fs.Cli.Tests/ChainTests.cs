using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>chain, with <c>qemu-img info --backing-chain</c> as the authority for chains that QEMU opens.</summary>
[Trait("Category", "Slow")]
public class ChainTests
{
    [Fact]
    public void A_chain_is_QEMUs()
    {
        using var pool = new TempDirectory();
        Directory.CreateDirectory(pool["sub"]);
        QemuImg.Do("create", "-q", "-f", "raw", pool["base.raw"], "1M");
        Create(pool["a.qcow2"], "base.raw", "raw");
        Create(pool["sub/b.qcow2"], "../a.qcow2", "qcow2");
        Create(pool["c.qcow2"], pool["sub/b.qcow2"], "qcow2");
        Create(pool["sub/d.qcow2"], $$$"""json:{"driver":"qcow2","file":{"driver":"file","filename":"{{{pool["c.qcow2"]}}}"}}""", "qcow2");
        Create(pool["sub/e.qcow2"], $"file:{pool["sub/d.qcow2"]}", "qcow2");
        var nodes = Json(Program.Run("chain", "--json", pool.Path).Expect());
        var info = QemuImg.Do("info", "--backing-chain", "--output=json", pool["sub/e.qcow2"]).Output;
        var next = (string?)pool["sub/e.qcow2"];
        var depth = 5;
        foreach (var layer in JsonDocument.Parse(info).RootElement.EnumerateArray())
        {
            var node = nodes[next!];
            Assert.Equal(layer.GetProperty("format").GetString(), node.GetProperty("format").GetString());
            Assert.Equal(layer.GetProperty("virtual-size").GetInt64(), node.GetProperty("virtual_size").GetInt64());
            Assert.Equal(depth--, node.GetProperty("depth").GetInt32());
            Assert.Equal(depth < 0 ? "none" : "ok", node.GetProperty("state").GetString());
            next = node.GetProperty("base").GetString();
        }

        Assert.Equal((null, -1), (next, depth));
    }

    [Fact]
    public void Text_shows_each_base_with_its_users_below()
    {
        using var pool = new TempDirectory();
        QemuImg.Do("create", "-q", "-f", "raw", pool["base"], "1M");
        Create(pool["b"], "base", "raw");
        Create(pool["a"], "b", "qcow2");
        Create(pool["c"], "base", "raw");
        var result = In(pool, "chain .").Expect();
        Assert.Equal(
            "./base: raw, 1 MiB, 2 users\n  ./b: qcow2, 1 MiB\n    ./a: qcow2, 1 MiB\n  ./c: qcow2, 1 MiB\n",
            result.Output.Replace(", older than its base", "", StringComparison.Ordinal));
        Assert.Equal("4 images\n", result.Error);
    }

    [Fact]
    public void What_is_not_whole_makes_the_status_3()
    {
        using var pool = new TempDirectory();
        Create(pool["good"]);
        var states = new Dictionary<string, (string Base, string Format, string State, int Status)>
        {
            ["missing"] = ("gone", "qcow2", "missing", Program.Found),
            ["outside"] = ("../gone", "qcow2", "outside", Program.Done),
            ["protocol"] = ("nbd://host/disk", "raw", "outside", Program.Done),
            ["nojson"] = ("json:{'driver':'qcow2'}", "raw", "outside", Program.Done),
            ["self"] = ("self", "qcow2", "ring", Program.Found),
            ["raw"] = ("good", "raw", "format-differs", Program.Found),
            ["other"] = ("good", "vmdk", "format-differs", Program.Found),
            ["ok"] = ("./x/..//good", "qcow2", "ok", Program.Done),
        };
        foreach (var (name, (backing, format, state, status)) in states)
        {
            Create(pool[name], backing, format);
            var nodes = Json(Program.Run("chain", "--json", pool.Path).Expect(status));
            Assert.Equal(state, nodes[pool[name]].GetProperty("state").GetString());
            File.Delete(pool[name]);
        }
    }

    [Fact]
    public void Rings_and_what_leads_into_them_are_told()
    {
        using var pool = new TempDirectory();
        Create(pool["a"], "b", "qcow2");
        Create(pool["b"], "c", "qcow2");
        Create(pool["c"], "a", "qcow2");
        Create(pool["into"], "b", "qcow2");
        Create(pool["far"], "into", "qcow2");
        var result = In(pool, "chain .").Expect(Program.Found);
        Assert.Equal(3, Lines(result.Output).Count(line => line.Contains("part of a ring", StringComparison.Ordinal)));
        Assert.Equal(2, Lines(result.Output).Count(line => line.Contains("leads into a ring", StringComparison.Ordinal)));
        Assert.Equal(5, Lines(result.Output).Length);
        var nodes = Json(Program.Run("chain", "--json", pool.Path).Expect(Program.Found));
        Assert.All(nodes.Values, node => Assert.Equal(JsonValueKind.Null, node.GetProperty("depth").ValueKind));
    }

    [Fact]
    public void Users_of_a_base_are_shown_with_theirs()
    {
        using var pool = new TempDirectory();
        Directory.CreateDirectory(pool["real"]);
        Directory.CreateSymbolicLink(pool["link"], pool["real"]);
        Create(pool["real/a"], "/srv/gone.raw", "raw");
        Create(pool["real/b"], "a", "qcow2");
        Create(pool["real/c"], pool["real/a"], "qcow2");
        Create(pool["real/d"], pool["link/a"], "qcow2");
        Assert.Equal(["link/a", "  link/b", "  link/c", "  link/d"], Users("/srv/gone.raw"));
        Assert.Equal(["link/b", "link/c", "link/d"], Users("real/a"));
        Assert.Equal(["link/b", "link/c", "link/d"], Users("link/a"));
        Assert.Equal([], Users("link/b"));
        Assert.Equal([], Users("nothing"));
        Create(pool["real/e"], "nbd://host/disk", "raw");
        Assert.Equal(["link/e"], Users("nbd://host/disk"));
        Assert.StartsWith("qcow2fs: nothing: does not exist, and no image that was read names it as its base\n",
            In(pool, "chain --users \"$2\" link", "nothing").Expect().Error);

        IEnumerable<string> Users(string name) =>
            Lines(In(pool, "chain --users \"$2\" link", name).Expect().Output).Select(line => line.Split(':')[0]);
    }

    [Fact]
    public void A_file_that_is_named_like_an_image_and_is_none_is_not_passed_over_in_silence()
    {
        using var pool = new TempDirectory();
        QemuImg.Do("create", "-q", "-f", "raw", pool["base.img"], "1M");
        Create(pool["a.qcow2"], "base.img", "raw");
        File.WriteAllText(pool["notes"], "");
        File.WriteAllBytes(pool["lost.qcow2"], new byte[65536]);
        var result = In(pool, "chain .").Expect();
        Assert.Equal("qcow2fs: ./lost.qcow2: skipped: not a qcow2 image\n2 images\n", result.Error);
        result = In(pool, "relink nothing something .").Expect();
        Assert.Equal("qcow2fs: ./base.img: skipped: not a qcow2 image\nqcow2fs: ./lost.qcow2: skipped: not a qcow2 image\n"
            + "1 image: 0 changed\n", result.Error);
    }

    [Fact]
    public void A_base_that_changed_after_its_overlay_is_noted()
    {
        using var pool = new TempDirectory();
        Create(pool["base"]);
        Create(pool["old"], "base", "qcow2");
        File.SetLastWriteTimeUtc(pool["old"], DateTime.UtcNow.AddDays(-1));
        Assert.Contains("old: qcow2, 1 MiB, older than its base", Program.Run("chain", pool.Path).Expect().Output);
        File.SetLastWriteTimeUtc(pool["base"], DateTime.UtcNow.AddDays(-2));
        Assert.DoesNotContain("older", Program.Run("chain", pool.Path).Expect().Output);
    }

    [Fact]
    public void Nothing_outside_is_opened()
    {
        using var outside = new TempDirectory();
        using var pool = new TempDirectory();
        Create(outside["secret"]);
        File.CreateSymbolicLink(pool["link"], outside["secret"]);
        Create(pool["a"], outside["secret"], "qcow2");
        Create(pool["b"], "link", "qcow2");
        var result = Program.Shell("exec strace -f -qq -o \"$2\" -e trace=%file qcow2fs chain --json \"$1\"",
            pool.Path, outside["trace"]).Expect();
        Assert.All(Json(result).Values, node => Assert.Equal("outside", node.GetProperty("state").GetString()));
        Assert.DoesNotContain(outside["secret"], File.ReadAllText(outside["trace"]));
    }

    [Fact]
    public void A_file_that_cannot_be_read_hides_no_other()
    {
        using var pool = new TempDirectory();
        Create(pool["good"]);
        var result = Program.Run("chain", "--json", pool["missing"], pool["good"]).Expect(Program.Refused);
        Assert.Equal("none", Json(result)[pool["good"]].GetProperty("state").GetString());
        Assert.Contains("No such file", result.Error);
        Assert.Contains("No such file", Json(result)[pool["missing"]].GetProperty("failure").GetString());
        Directory.CreateDirectory(pool["folder"]);
        Create(pool["a"], "folder", "raw");
        Assert.Contains("folder: ", Program.Run("chain", pool.Path).Expect(Program.Refused).Error);
    }

    [Fact]
    public void A_chain_of_thousands_is_followed()
    {
        const int Length = 3000;
        using var pool = new TempDirectory();
        for (var i = 0; i < Length; i++)
        {
            File.WriteAllBytes(pool[$"{i}"], new HeaderBuilder().ClusterBits(9).Extension(0xe2792aca, "qcow2").Backing($"{i + 1}").Build());
        }

        File.WriteAllBytes(pool[$"{Length}"], new HeaderBuilder().ClusterBits(9).Build());
        Assert.Equal(Length, Json(Program.Run("chain", "--json", pool.Path).Expect())[pool["0"]].GetProperty("depth").GetInt32());
        Assert.Equal(Length + 1, Lines(Program.Run("chain", pool.Path).Expect().Output).Length);
    }

    [Theory]
    [InlineData("json:{\"file\":{\"filename\":\"\\ud800\"}}")]
    [InlineData("json:{\"file\":{\"filename\":1}}")]
    [InlineData("json:")]
    [InlineData("json:[")]
    [InlineData("json:\u00ff")]
    [InlineData(":")]
    [InlineData("file:")]
    public void An_odd_name_of_a_base_is_outside(string name)
    {
        using var pool = new TempDirectory();
        // Latin-1, so that some are not UTF-8.
        var bytes = new HeaderBuilder().Extension(0xe2792aca, "qcow2").Backing(System.Text.Encoding.Latin1.GetBytes(name)).Build();
        File.WriteAllBytes(pool["a"], bytes);
        var expected = name == ":" ? Program.Found : Program.Done;
        var node = Json(Program.Run("chain", "--json", pool.Path).Expect(expected))[pool["a"]];
        Assert.Equal(name == ":" ? "missing" : "outside", node.GetProperty("state").GetString());
        Assert.DoesNotContain("internal error", Program.Run("check", pool.Path).Error);
    }

    private static void Create(string path, string? backing = null, string? format = null)
    {
        string[] options = backing is null ? [] : ["-u", "-b", backing, "-F", format!];
        QemuImg.Do(["create", "-q", "-f", "qcow2", .. options, path, "1M"]);
    }

    private static ToolResult In(TempDirectory pool, string command, params string[] arguments) =>
        Program.Shell($"cd \"$1\" && qcow2fs {command}", [pool.Path, .. arguments]);

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Dictionary<string, JsonElement> Json(ToolResult result) => Lines(result.Output)
        .Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(node => node.GetProperty("image").GetString()!);
}
