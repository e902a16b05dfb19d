using System.Diagnostics;
using System.Text;

namespace Fuse3.Tests;

/// <summary>Runs programs. Only they touch a mount: this process serves it and could wait for itself.</summary>
internal static class Child
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs /bin/sh with a script; $1, $2... are the arguments. Bytes are Latin-1 characters.</summary>
    public static Task<ChildResult> ShellAsync(string script, params string[] arguments)
        => RunAsync("/bin/sh", ["-c", script, "sh", .. arguments]);

    public static Task<ChildResult> RunAsync(string program, params string[] arguments) => RunAsync(s_limit, program, arguments);

    public static async Task<ChildResult> RunAsync(TimeSpan limit, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(process.WaitForExitAsync(), output, error).WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ChildResult(process.ExitCode, await output, await error);
    }
}

internal sealed record ChildResult(int ExitCode, string Output, string Error)
{
    /// <summary>The output of a program that must succeed.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit {ExitCode}: {Error} {Output}");
        return Output;
    }

    /// <summary>The error text of a program that must fail.</summary>
    public string Failed()
    {
        Assert.True(ExitCode != 0, $"expected a failure, got: {Output}");
        return Error;
    }
}
