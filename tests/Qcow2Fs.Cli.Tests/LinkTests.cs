using System.Text.RegularExpressions;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>Every link of a page to another page or heading leads somewhere.</summary>
public partial class LinkTests
{
    [Theory]
    [MemberData(nameof(WordTests.Pages), MemberType = typeof(WordTests))]
    public void Links_lead_to_files_and_headings(string page)
    {
        var folder = Path.GetDirectoryName(page)!;
        var links = Link().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value);
        Assert.DoesNotContain(links, link => IsBroken(page, folder, link));
    }

    [Fact]
    public void A_broken_link_is_found()
    {
        Assert.True(IsBroken("docs/map.md", "docs", "nothing.md"));
        Assert.True(IsBroken("docs/map.md", "docs", "checks.md#nothing"));
        Assert.False(IsBroken("docs/map.md", "docs", "checks.md#agreement-with-qemu"));
    }

    private static bool IsBroken(string page, string folder, string link)
    {
        if (link.StartsWith("https://", StringComparison.Ordinal))
        {
            return false;
        }

        var parts = link.Split('#');
        var target = parts[0].Length == 0 ? page : Path.Combine(folder, parts[0]);
        return !Repository.Exists(target) || (parts.Length == 2 && !Anchors(Repository.Read(target)).Contains(parts[1]));
    }

    // As the forges make them: lower case, without punctuation, hyphens for blanks.
    private static IEnumerable<string> Anchors(string page) => Heading().Matches(page)
        .Select(match => Punctuation().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
