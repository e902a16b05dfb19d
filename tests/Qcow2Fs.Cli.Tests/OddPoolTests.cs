using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>check, chain and relink of a pool with odd names, an image in use, and broken ones among many.</summary>
[Trait("Category", "Slow")]
public class OddPoolTests
{
    private const int Good = 1900;
    private const int Broken = 100;

    // .NET cannot write names that are not UTF-8.
    private const string Make = """
        cd "$1" && mkdir "$(printf 'a b\n\377')" && for name in "$(printf 'new\nline')" "$(printf '\033[31mred')" "$(printf '\377')" \
            ' x ' -n; do cp 0 "./$name" && cp 0 "$(printf 'a b\n\377')/$name"; done
        """;

    private const int Odd = 10;

    [Fact]
    public void Every_image_is_judged_shown_and_moved_or_listed()
    {
        using var files = new TempDirectory();
        using var pool = new TempDirectory();
        QemuImg.Do("create", "-q", "-f", "raw", files["base"], "1M");
        var good = new HeaderBuilder().ClusterBits(12).Extension(0xe2792aca, "raw").Backing(files["base"]).Build();
        var broken = new HeaderBuilder().ClusterBits(12).BackingAt(1 << 20, "/x"u8.ToArray()).Build();
        for (var i = 0; i < Good + Broken; i++)
        {
            File.WriteAllBytes(pool[$"{i}"], i < Good ? good : broken);
        }

        QemuImg.Do("create", "-q", "-f", "qcow2", "-b", files["base"], "-F", "raw", pool["used"]);
        try
        {
            Program.Shell(Make, pool.Path).Expect();
            using (new Holder(pool["used"]))
            {
                AssertAll(pool.Path, files.Path);
            }
        }
        finally
        {
            Program.Shell("cd \"$1\" && find . -mindepth 1 -delete", pool.Path);
        }
    }

    private static void AssertAll(string pool, string old)
    {
        const int All = Good + Broken + Odd + 1;
        Assert.StartsWith($"{All} images: ", Harmless(Program.Run("check", pool).Expect(Program.Found)).Error);
        Assert.Equal(All, Names(Program.Run("chain", "--json", pool).Expect()).Count(name => name != $"{old}/base"));
        Assert.Equal($"{Good + Odd + 1} users", Harmless(Program.Run("chain", pool).Expect()).Output
            .Split('\n').Single(line => line.StartsWith($"{old}/base: ", StringComparison.Ordinal)).Split(", ")[1]);
        var result = Harmless(Program.Run("relink", old, "/new", pool).Expect(Program.Refused));
        Assert.EndsWith($"\n{All} images: {Good + Odd} changed, {Broken + 1} refused\n", result.Error);
        Assert.Single(result.Error.Split('\n'), line =>
            line.StartsWith($"qcow2fs: {pool}/used: another program ", StringComparison.Ordinal));
        Assert.Equal(Good + Odd, result.Output.Count(c => c == '\n'));
        var left = Program.Run("chain", "--users", $"{old}/base", pool).Expect().Output;
        Assert.Equal(1, left.Count(c => c == '\n'));
        Assert.Equal(Good + Odd, Program.Run("chain", "--users", "/new/base", pool).Expect().Output.Count(c => c == '\n'));
        // grep ends a name with a zero byte, so that names with newlines count once.
        var found = Program.Shell("grep -rlZF /new/base \"$1\" | tr -dc '\\0' | wc -c", pool).Expect().Output;
        Assert.Equal($"{Good + Odd}", found.Trim());
    }

    private static ToolResult Harmless(ToolResult result)
    {
        Assert.DoesNotContain(result.Output + result.Error, c => char.IsControl(c) && c != '\n');
        return result;
    }

    private static IEnumerable<string> Names(ToolResult result) => result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("image").GetString()!);
}
