using System.Diagnostics;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>The real program, in a child process.</summary>
internal static class Program
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUse = 2;
    public const int Found = 3;

    public static ToolResult Run(params string[] words) => RunWith([], words);

    public static ToolResult RunWith(byte[] input, params string[] words) => Tool.Run(new ProcessStartInfo(Tool.Qcow2Fs, words), input);

    /// <summary>Standard output as bytes.</summary>
    public static byte[] Bytes(params string[] words)
    {
        using var directory = new TempDirectory();
        var script = new ProcessStartInfo("sh",
            ["-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh", directory["out"], Tool.Qcow2Fs, .. words]);
        Tool.Run(script).Expect();
        return File.ReadAllBytes(directory["out"]);
    }

    /// <summary>A script of sh in which <c>qcow2fs</c> is the program and $1, $2, ... are the arguments.</summary>
    public static ToolResult Shell(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("sh", ["-c", script, "sh", .. arguments]);
        start.Environment["PATH"] = Path.GetDirectoryName(Tool.Qcow2Fs) + ":" + Environment.GetEnvironmentVariable("PATH");
        return Tool.Run(start);
    }

    /// <summary>That a command failed as it should: nothing on standard output, one sentence, no stack trace.</summary>
    public static void AssertRefused(ToolResult result, string sentence, int exitCode = Refused)
    {
        Assert.Equal(exitCode, result.Expect(exitCode).ExitCode);
        Assert.Equal("", result.Output);
        Assert.StartsWith("qcow2fs: ", result.Error);
        Assert.Contains(sentence, result.Error);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
    }
}
