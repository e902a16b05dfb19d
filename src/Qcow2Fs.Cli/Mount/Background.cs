using System.ComponentModel;
using System.Diagnostics;

namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// The mount in the background: a second process of this program, because a .NET process cannot be forked. It writes one byte to its
/// standard output when the mount is ready; until then the caller gets its errors and its exit status.
/// </summary>
internal static class Background
{
    /// <summary>Tells the second process what it is.</summary>
    public const string ChildOption = "--in-background";

    /// <summary>Starts the second process with this one's arguments; the exit status is 0 when the mount is ready.</summary>
    public static int Start(IEnumerable<string> arguments)
    {
        OpenFiles.KeepFromChildren();
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
        var all = arguments.ToList();
        all.Insert(1, ChildOption);
        all.ForEach(start.ArgumentList.Add);

        // No socket for debuggers in /tmp, which a killed daemon would leave there.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var child = StartOrFail(start);
        if (child.StandardOutput.Read() >= 0)
        {
            return ExitCode.Done;
        }

        child.WaitForExit();
        return child.ExitCode == 0 ? ExitCode.Refused : child.ExitCode;
    }

    /// <summary>In the second process: detaches from the terminal and the caller.</summary>
    public static void Ready()
    {
        // Before the caller hears that the mount is ready: what fails here is still its failure.
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _ = LibC.setsid();
        using (var ready = StandardStreams.OpenOutput())
        {
            ready.WriteByte((byte)'\n');
        }

        // The JIT runtime keeps duplicates of the three for itself: a reader of a pipe would wait for those to be closed, too.
        // What the caller had closed has the number of another file now, such as /dev/fuse.
        int[] open = [.. Enumerable.Range(0, 3).Where(StandardStreams.IsOpen)];
        var standard = Array.ConvertAll(open, OpenFiles.TargetOf);
        List<int> all = [.. open, .. OpenFiles.OwnDescriptors().FindAll(IsDuplicate)];
        foreach (var descriptor in all)
        {
            _ = LibC.dup2(nothing, descriptor);
        }

        bool IsDuplicate(int descriptor) => OpenFiles.TargetOf(descriptor) is { } file && Array.IndexOf(standard, file) >= 0;
    }

    private static Process StartOrFail(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CommandFailure($"the mount cannot be started in the background: {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
        }
    }
}
