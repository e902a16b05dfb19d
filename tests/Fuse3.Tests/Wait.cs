using System.Diagnostics;

namespace Fuse3.Tests;

internal static class Wait
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>Waits for a condition; fails after 20 seconds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string failure)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < s_limit, failure);
            await Task.Delay(5);
        }
    }
}
