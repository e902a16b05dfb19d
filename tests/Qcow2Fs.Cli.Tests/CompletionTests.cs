using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>What the completion scripts offer; @ is the image.</summary>
[Trait("Category", "Slow")]
public class CompletionTests
{
    public static TheoryData<string, string> Cases => new()
    {
        { "add-header-ext-s", "add-header-ext-stdio" },
        { "ls @ head", "header/ header.bin header.json header.orig.bin" },
        { "cat @ header/cl", "header/cluster_bits" },
        { "write @ features/inc", "features/incompatible/" },
        { "rm @ header/size extensions/0x", "extensions/0x6803f857" },
        { "set-header @ cluster", "cluster_bits" },
        { "@ set-header refcount_o", "refcount_order" },
        { "@ dump", "dump-header dump-header-exts" },
        { "set-feature-bit @ auto", "autoclear" },
        { "@ del-header-ext 0x", "0x6803f857" },
        { "add-header-ext @ 0x0", "0x0537be77" },
        { "ls -", "--help -l -p" },
        { "write --f", "--force" },
        { "mount -o allow", "allow_other" },
        { "create -F q", "qcow2" },
        { "--v", "--version" },
        { "check --explain refcount-o", "refcount-order" },
        { "check --explain lis", "list" },
    };

    /// <summary>What a person types, and the arguments that the shell completes it to.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "set-h", "<set-header>" },
        { "'my disk.qcow2' set-header refcount_o", "<my disk.qcow2><set-header><refcount_order>" },
        { "cat 'my disk.qcow2' header/cl", "<cat><my disk.qcow2><header/cluster_bits>" },
        { "cat my\\ disk.qcow2 header/cl", "<cat><my disk.qcow2><header/cluster_bits>" },
        { "cat \"my disk.qcow2\" bitmaps/my\\ b", "<cat><my disk.qcow2><bitmaps/my bitmap/>" },
        { "cat my\\ disk.qcow2 'bitmaps/my bitmap/fl", "<cat><my disk.qcow2><bitmaps/my bitmap/flags>" },
        { "cat my\\ disk.qcow2 bitmaps/my\\ bitmap/fl", "<cat><my disk.qcow2><bitmaps/my bitmap/flags>" },
        { "cat ~/my\\ disk.qcow2 bitmaps/my\\ bitmap/fl", "<cat><HOME/my disk.qcow2><bitmaps/my bitmap/flags>" },
        { "rm --force my\\ disk.qcow2 header/size extensions/0x2", "<rm><--force><my disk.qcow2><header/size><extensions/0x23852875>" },
        { "del-header-ext my\\ disk.qcow2 0x2", "<del-header-ext><my disk.qcow2><0x23852875>" },
        { "set-feature-bit my\\ disk.qcow2 auto", "<set-feature-bit><my disk.qcow2><autoclear>" },
        { "ls -l my", "<ls><-l><my disk.qcow2>" },
        { "create -b my", "<create><-b><my disk.qcow2>" },
        { "check --j", "<check><--json>" },
        { "restore --force a.tar x my", "<restore><--force><a.tar><x><my disk.qcow2>" },
    };

    [Fact]
    public void Shells_complete_what_is_typed()
    {
        using var directory = new TempDirectory();
        QemuImg.Run("create", "-f", "qcow2", directory["my disk.qcow2"], "1M").Expect();
        QemuImg.Run("bitmap", "--add", directory["my disk.qcow2"], "my bitmap").Expect();
        const string Script = """cd "$1" && HOME=$PWD exec python3 "$2" "$3" "$4" "qcow2fs $5" """;
        var wrong = new List<string>();
        foreach (var shell in new[] { "bash", "zsh", "fish" })
        {
            foreach (var (line, expected) in Lines.Select(row => ((string)row[0], (string)row[1])))
            {
                var driver = Path.Combine(AppContext.BaseDirectory, "interactive.py");
                var result = Program.Shell(Script, directory.Path, driver, shell, ScriptPath(""), line);
                if (result.Output != $"<qcow2fs>{expected.Replace("HOME", directory.Path, StringComparison.Ordinal)}\n")
                {
                    wrong.Add($"{shell}: {line}: {result}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("$(touch RUN)")]
    [InlineData("`touch RUN`")]
    [InlineData("\"$(touch RUN)\"")]
    [InlineData("a;touch RUN")]
    [InlineData("a\ntouch RUN")]
    [InlineData("a\ttouch RUN")]
    [InlineData("${a[$(touch RUN)]}")]
    public void Bash_runs_nothing_that_is_only_typed(string word)
    {
        using var directory = new TempDirectory();
        const string Script = """cd "$1" && exec bash -c '. "$1"; _qcow2fs_unquote "$2"' bash "$2" "$3" """;
        Program.Shell(Script, directory.Path, ScriptPath("qcow2fs.bash"), word).Expect();
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bash_completes(string line, string expected)
    {
        using var image = TestImage.Of("default");
        const string Script = """
            bash -c 'compopt() { :; }; . "$1"; shift; COMP_WORDS=(qcow2fs "$@"); COMP_CWORD=$#
                _qcow2fs; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
            """;
        var result = Program.Shell(Script, [ScriptPath("qcow2fs.bash"), .. Arguments(line, image)]).Expect();
        AssertOffers(expected, result, image);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fish_completes(string line, string expected)
    {
        using var image = TestImage.Of("default");
        var command = string.Join(' ', ["qcow2fs", .. Arguments(line, image)]);
        var script = $"cd {Path.GetDirectoryName(image.Path)} && HOME=$PWD fish --no-config -c " +
            $"'source {ScriptPath("qcow2fs.fish")}; complete -C \"{command}\"' | cut -f1";
        AssertOffers(expected, Program.Shell(script).Expect(), image);
    }

    private static string ScriptPath(string name) => Path.Combine(AppContext.BaseDirectory, "completions", name);

    private static string[] Arguments(string line, TestImage image) => line.Replace("@", image.Path, StringComparison.Ordinal).Split(' ');

    private static void AssertOffers(string expected, ToolResult result, TestImage image)
    {
        Assert.Equal("", result.Error);
        var offered = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(o => o != Path.GetFileName(image.Path));
        Assert.Equal(expected.Split(' ').Order(), offered.Order());
    }
}
