using System.Text.RegularExpressions;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>The version has one source, Directory.Build.props; the pages that name it follow.</summary>
public partial class VersionTests
{
    private static readonly string s_version = typeof(CommandTable).Assembly.GetName().Version!.ToString(3);

    [Fact]
    public void The_program_names_it() => Assert.Equal($"qcow2fs {s_version}\n", Program.Run("--version").Expect().Output);

    [Theory]
    [InlineData("README.md", 2)]
    [InlineData("docs/qcow2fs.1", 1)]
    public void The_pages_name_it(string page, int times) =>
        Assert.Equal(Enumerable.Repeat(s_version, times), Named().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value));

    [Fact]
    public void The_change_log_begins_with_it() =>
        Assert.StartsWith($"# Changelog\n\n## {s_version}\n", Repository.Read("CHANGELOG.md"), StringComparison.Ordinal);

    [GeneratedRegex(@"qcow2fs[-_ ](\d+\.\d+\.\d+)")]
    private static partial Regex Named();
}
