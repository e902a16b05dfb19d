using System.Text.RegularExpressions;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>What users read is in the terms of the glossary (ARCHITECTURE.md) and in plain English.</summary>
public partial class WordTests
{
    public static TheoryData<string> Pages =>
    [
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/Fuse3/README.md", "docs/qcow2fs.1",
        .. Repository.Files("docs", "*.md"),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Pages_use_the_terms_of_the_glossary(string page) => Assert.Empty(Replaced(Code().Replace(Repository.Read(page), "")));

    /// <summary>All sentences of errors, help and notes are string literals.</summary>
    [Fact]
    public void Sentences_use_the_terms_of_the_glossary()
    {
        var literals = Repository.Files("src", "*.cs").SelectMany(file => Repository.Read(file).Split('\n'))
            .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => Literal().Matches(line)).Select(match => match.Value).ToList();
        Assert.InRange(literals.Count, 1000, int.MaxValue);
        Assert.Empty(literals.SelectMany(Replaced));
    }

    [Fact]
    public void A_replaced_word_is_found()
    {
        Assert.Equal(["behind the end", "whoever"], Replaced("It lies behind the end, whoever asks."));
        Assert.Empty(Replaced("It lies past the end."));
    }

    private static IEnumerable<string> Replaced(string text) => ReplacedWord().Matches(text).Select(match => match.Value);

    [GeneratedRegex(
        @"behind\s+the\s+end|whoever|cannot\s+be\s+told|is\s+told\s+by|\bthe\s+sick\b|(is|are)\s+no\s+qcow2|exists?\s+already\b"
        + @"|are\s+fixed\b|should\s+not\s+have\s+happened|\bits\s+life\b|what\s+it\s+did\b|(file|image|header|entry|extension)\s+says\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex ReplacedWord();

    // Commands and their output have the words of other programs, too.
    [GeneratedRegex(@"^```.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"""(\\.|[^""\\])*""")]
    private static partial Regex Literal();
}
