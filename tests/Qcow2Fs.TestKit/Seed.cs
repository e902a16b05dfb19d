using System.Globalization;

namespace Qcow2Fs.TestKit;

/// <summary>Where random tests start: the same place each time, so that a change is judged and not luck; another with Q2FS_SEED.</summary>
public static class Seed
{
    /// <summary>The seed of this run.</summary>
    public static readonly int First = int.TryParse(
        Environment.GetEnvironmentVariable("Q2FS_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seed) ? seed : 1;
}
