namespace Qcow2Fs.Cli.Tests;

/// <summary>Arguments without an option run without the parser; behind <c>--</c> the same words go through it.</summary>
public class PlainWordsTests
{
    [Theory]
    [InlineData("ls IMAGE")]
    [InlineData("ls IMAGE header")]
    [InlineData("ls IMAGE nothing")]
    [InlineData("cat IMAGE header/size")]
    [InlineData("cat IMAGE header")]
    [InlineData("cat IMAGE")]
    [InlineData("cat IMAGE header/size header/size")]
    [InlineData("write IMAGE header/size 2G")]
    [InlineData("write IMAGE header/size -")]
    [InlineData("write IMAGE header/size two")]
    [InlineData("write IMAGE header/size")]
    [InlineData("rm IMAGE features/compatible/lazy_refcounts")]
    [InlineData("rm IMAGE header extensions")]
    [InlineData("rm IMAGE")]
    [InlineData("mv IMAGE features/compatible/0 features/compatible/9")]
    [InlineData("mv IMAGE features/compatible/0")]
    [InlineData("check IMAGE")]
    [InlineData("check IMAGE IMAGE missing")]
    [InlineData("check")]
    [InlineData("dump-header IMAGE")]
    [InlineData("dump-header-exts IMAGE")]
    [InlineData("dump-header IMAGE IMAGE")]
    [InlineData("mount IMAGE missing")]
    [InlineData("mount IMAGE")]
    public void Words_do_the_same_with_and_without_the_parser(string line)
    {
        using var plain = TestImage.Of("lazy-refcounts");
        using var parsed = TestImage.Of("lazy-refcounts");
        var words = line.Split(' ');

        var expected = Run(parsed, [words[0], "--", .. words[1..]]);
        Assert.Equal(expected, Run(plain, words));
        Assert.Equal(parsed.Bytes, plain.Bytes);
    }

    private static (int ExitCode, string Output, string Error) Run(TestImage image, string[] words)
    {
        var result = Program.RunWith("3G"u8.ToArray(), [.. words.Select(w => w == "IMAGE" ? image.Path : w)]);
        return (result.ExitCode, Hide(result.Output), Hide(result.Error));

        string Hide(string text) => text.Replace(image.Path, "IMAGE", StringComparison.Ordinal);
    }
}
