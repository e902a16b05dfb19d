using System.Diagnostics;

namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// The mount in the background: a second process of this program, because a .NET process cannot be forked. It says one
/// byte on its standard output when the mount is ready; until then its words and its exit status are the caller's.
/// </summary>
internal static class Background
{
    /// <summary>Tells the second process what it is.</summary>
    public const string ChildOption = "--in-background";

    /// <summary>Starts the second process.</summary>
    /// <param name="words">This process's own words.</param>
    /// <returns>The exit status: 0 when the mount is ready.</returns>
    public static int Start(IEnumerable<string> words)
    {
        Descriptors.KeepFromChildren();
        var start = new ProcessStartInfo(Environment.ProcessPath ?? Environment.GetCommandLineArgs()[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        }

        // Behind the command's name: behind "--" it would be a file's name.
        var all = words.ToList();
        all.Insert(1, ChildOption);
        all.ForEach(start.ArgumentList.Add);

        // A small first generation keeps the daemon's memory small; the runtime reads it from the environment only.
        start.Environment["DOTNET_GCgen0size"] = "0x40000";
        // No socket for debuggers in /tmp, which a killed daemon would leave there.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var child = Process.Start(start)!;
        if (child.StandardOutput.Read() >= 0)
        {
            return ExitCode.Done;
        }

        child.WaitForExit();
        return child.ExitCode == 0 ? ExitCode.Refused : child.ExitCode;
    }

    /// <summary>In the second process: lets go of the terminal and the caller.</summary>
    public static void Ready()
    {
        _ = LibC.setsid();
        using var ready = Console.OpenStandardOutput();
        ready.WriteByte((byte)'\n');
        // The runtime keeps duplicates of the three for itself: a reader of a pipe would wait for those to be closed, too.
        string?[] standard = [FileOf(0), FileOf(1), FileOf(2)];
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        List<int> all = [0, 1, 2, .. Descriptors.All().FindAll(IsDuplicate)];
        foreach (var descriptor in all)
        {
            _ = LibC.dup2(nothing, descriptor);
        }

        bool IsDuplicate(int descriptor) => FileOf(descriptor) is { } file && Array.IndexOf(standard, file) >= 0;
    }

    private static string? FileOf(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
}
