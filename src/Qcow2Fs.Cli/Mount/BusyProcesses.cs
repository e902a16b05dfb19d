namespace Qcow2Fs.Cli.Mount;

/// <summary>Who keeps a mount busy. Reads only what /proc says of processes; the mount itself is not asked.</summary>
internal static class BusyProcesses
{
    private static readonly string s_self = $"{Environment.ProcessId}";

    /// <summary>The processes that have a file or a working directory at or under the path, as "PID (NAME)"; not this one.</summary>
    public static IEnumerable<string> Under(string path) =>
        from directory in Directory.EnumerateDirectories("/proc")
        let pid = Path.GetFileName(directory)
        where char.IsAsciiDigit(pid[0]) && pid != s_self
        where OpenFiles.Of(directory).Any(used => used == path || used.StartsWith(path + "/", StringComparison.Ordinal))
        select $"{pid} ({NameOf(directory)})";

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return "?";
        }
    }
}
