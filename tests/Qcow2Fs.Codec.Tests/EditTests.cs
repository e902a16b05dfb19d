using Qcow2Fs.TestKit;
using Xunit.Abstractions;

namespace Qcow2Fs.Codec.Tests;

public class EditTests(ITestOutputHelper output)
{
    private const int Cases = 800;

    public static TheoryData<string> Kinds => [.. EditCases.Kinds.Keys];

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_edit_changes_what_it_names_keeps_all_else_or_refuses_untouched(string kind)
    {
        var first = Seed.First;
        var done = 0;
        output.WriteLine($"seeds from {first}");
        for (var seed = first; seed < first + Cases; seed++)
        {
            var random = new Random(seed);
            var bytes = HeaderGenerator.Next(random);
            if (EditCases.Kinds[kind](random, ReferenceReader.Read(bytes)) is { } edit)
            {
                edit.Check(bytes, $"seed {seed}");
                done++;
            }
        }

        Assert.True(done > Cases / 10, $"only {done} cases had a use for the edit");
    }
}
