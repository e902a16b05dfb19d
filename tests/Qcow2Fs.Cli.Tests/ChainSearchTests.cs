using System.Globalization;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Tests;

public class ChainSearchTests
{
    private const int Members = 3000;

    /// <summary>Members 0 to 2,999 are a ring, each of 3,000 to 5,999 leads to one of them.</summary>
    [Fact]
    public void Searches_at_once_agree_on_who_is_in_the_ring()
    {
        for (var round = 0; round < 30; round++)
        {
            var search = new ChainSearch<string>(Next, int.MaxValue);
            var found = new string?[2 * Members];
            Parallel.For(0, found.Length, i => found[i] = search.Find(Name(i), Next(Name(i))).Ring);
            Assert.Equal(Enumerable.Range(0, found.Length).Select(i => Name(i % Members)), found);
        }

        static string Next(string name) =>
            int.Parse(name, CultureInfo.InvariantCulture) is var i && i < Members ? Name((i + 1) % Members) : Name(i - Members);
        static string Name(int i) => i.ToString(CultureInfo.InvariantCulture);
    }
}
