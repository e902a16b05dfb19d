using Qcow2Fs.Check;

namespace Qcow2Fs.Cli.Tests;

public class RulePageTests
{
    // What the page has behind the table: how it was measured.
    private const string Measured = "\n## Agreement with QEMU\n";

    private static readonly Rule[] s_rules = [.. RuleTable.Groups.SelectMany(group => group.Rules)];

    [Fact]
    public void The_page_is_made_from_the_table()
    {
        var made = Path.Combine(AppContext.BaseDirectory, "checks.md");
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs/checks.md"));
        var measured = page.IndexOf(Measured, StringComparison.Ordinal);
        Assert.InRange(measured, 0, page.Length);
        var right = RuleTable.ToMarkdown() + page[measured..];
        File.WriteAllText(made, right);
        Assert.True(page == right, $"docs/checks.md differs from the table; the right page is {made}");
    }

    [Fact]
    public void Ids_are_unique_and_plain()
    {
        Assert.Equal(s_rules.Length, s_rules.DistinctBy(rule => rule.Id).Count());
        Assert.All(s_rules, rule => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", rule.Id));
    }

    [Fact]
    public void A_rule_is_explained_and_an_unknown_one_is_wrong_use()
    {
        var output = Program.Run("check", "--explain", "loop").Expect().Output;
        Assert.Equal(4, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("loop (error)\n", output);
        Program.AssertRefused(Program.Run("check", "--explain", "loops"), "there is no rule 'loops'; did you mean loop?", Program.WrongUse);
    }

    [Fact]
    public void All_rules_are_listed_and_a_word_that_resembles_none_leads_there()
    {
        var lines = Program.Run("check", "--explain", "list").Expect().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(s_rules.Select(rule => $"{rule.Id} ({rule.Severity}): {rule.Meaning}"), lines);
        Program.AssertRefused(Program.Run("check", "--untrusted", "--allow", "nothing-of-the-kind", "."),
            "there is no rule 'nothing-of-the-kind'; qcow2fs check --explain list prints them all", Program.WrongUse);
    }
}
