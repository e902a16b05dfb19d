using System.ComponentModel;
using System.Diagnostics;

namespace Qcow2Fs.TestKit;

/// <summary>What a child process said and how it ended.</summary>
/// <param name="Command">The command line, for messages.</param>
/// <param name="ExitCode">Its exit code; 128 + n if signal n ended it.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>This result, if the exit code is the expected one.</summary>
    /// <exception cref="InvalidOperationException">It is another.</exception>
    public ToolResult Expect(int exitCode = 0) => ExitCode == exitCode
        ? this
        : throw new InvalidOperationException($"{this}\nexpected exit code {exitCode}");

    /// <inheritdoc/>
    public override string ToString() => $"{Command}\nexit code {ExitCode}\n{Output}{Error}";
}

/// <summary>Runs child processes, never longer than a limit.</summary>
public static class Tool
{
    /// <summary>
    /// The limit where a caller names none. Generous: qemu-img takes seconds for a LUKS key on an idle machine, and many on a
    /// busy one.
    /// </summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(2);

    /// <summary>Whether the environment names the program under test, a released one.</summary>
    public static bool IsReleased { get; } = Environment.GetEnvironmentVariable("Q2FS_PROGRAM") is { Length: > 0 };

    /// <summary>
    /// The program under test: the one that was built with the tests, unless the environment names another, as tests/run.sh does for
    /// the released one.
    /// </summary>
    public static string Qcow2Fs { get; } = IsReleased
        ? Path.GetFullPath(Environment.GetEnvironmentVariable("Q2FS_PROGRAM")!)
        : Path.Combine(AppContext.BaseDirectory, "qcow2fs");

    /// <summary>Runs a program with the default limit.</summary>
    public static ToolResult Run(string program, params string[] arguments) => Run(new ProcessStartInfo(program, arguments));

    /// <summary>Runs a program to its end. Standard input is empty unless given.</summary>
    /// <param name="start">Program, arguments, directory, environment.</param>
    /// <param name="input">Bytes for standard input.</param>
    /// <param name="limit">The time limit.</param>
    /// <exception cref="InvalidOperationException">There is no such program.</exception>
    /// <exception cref="TimeoutException">The limit passed; the process and its children were killed.</exception>
    public static ToolResult Run(ProcessStartInfo start, byte[]? input = null, TimeSpan? limit = null)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var command = string.Join(' ', [start.FileName, .. start.ArgumentList]);
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var feed = Task.Run(() => Feed(process, input ?? []));
        var deadline = Stopwatch.StartNew();
        var time = limit ?? DefaultLimit;
        // A grandchild may keep the pipes open after the child has ended, so the pipes count as well.
        var ended = process.WaitForExit(time) && Task.WaitAll([output, error, feed], Left());
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            // Its locks go with it, and not before: the next program would find the file in use.
            process.WaitForExit();
            throw new TimeoutException($"{command}\nstill ran after {time.TotalSeconds} s and was killed");
        }

        return new(command, process.ExitCode, output.Result, error.Result);

        TimeSpan Left() => time > deadline.Elapsed ? time - deadline.Elapsed : TimeSpan.Zero;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"cannot run {start.FileName}: {e.Message}", e);
        }
    }

    // A child that does not read its input to the end is no error.
    private static void Feed(Process process, byte[] input)
    {
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
        }
    }
}
