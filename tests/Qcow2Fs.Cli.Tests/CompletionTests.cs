using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>What the completion scripts offer; @ is the image.</summary>
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
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bash_completes(string line, string expected)
    {
        using var image = TestImage.Of("default");
        const string Script = """
            bash -c 'compopt() { :; }; . "$1"; shift; COMP_WORDS=(qcow2fs "$@"); COMP_CWORD=$#; _qcow2fs; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
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
        var script = $"cd {Path.GetDirectoryName(image.Path)} && HOME=$PWD fish --no-config -c 'source {ScriptPath("qcow2fs.fish")}; complete -C \"{command}\"' | cut -f1";
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
