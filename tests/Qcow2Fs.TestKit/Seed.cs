using System.Globalization;

namespace Qcow2Fs.TestKit;

/// <summary>Where random tests start: the same number each time, so that a failure is due to a change; another with Q2FS_SEED.</summary>
public static class Seed
{
    /// <summary>The seed of this run.</summary>
    public static readonly int First = int.TryParse(
        Environment.GetEnvironmentVariable("Q2FS_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seed) ? seed : 1;
}
