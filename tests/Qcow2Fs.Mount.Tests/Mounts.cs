using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>The table of mounts, as the kernel tells it to this process.</summary>
internal static class Mounts
{
    /// <summary>How many mounts lie on that directory.</summary>
    public static int On(string path) => File.ReadAllText("/proc/self/mountinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Count(line => Decode(line.Split(' ')[4]) == path);

    /// <summary>Detaches all that is mounted there, whatever state it is in.</summary>
    public static void Clear(string path)
    {
        for (var tries = 0; tries < 10 && On(path) > 0; tries++)
        {
            Tool.Run("umount", "-l", path);
        }
    }

    /// <summary>Waits until a condition holds.</summary>
    public static void WaitFor(Func<bool> condition, string what)
    {
        Assert.True(SpinWait.SpinUntil(condition, Program.Limit), $"waited in vain for {what}");
    }

    // The table writes blanks and the like as octal numbers.
    private static string Decode(string text) => System.Text.RegularExpressions.Regex.Replace(
        text, @"\\([0-7]{3})", m => ((char)Convert.ToInt32(m.Groups[1].Value, 8)).ToString());
}
