namespace Qcow2Fs.Cli.Mount;

/// <summary>What processes have open. Links of /proc are read, not followed: one could lead into a dead mount, or this one.</summary>
internal static class OpenFiles
{
    private const string Self = "/proc/self";

    private static readonly string s_ownId = $"{Environment.ProcessId}";

    /// <summary>The processes that have a file or a working directory at or under the path, as "PID (NAME)"; not this one.</summary>
    public static IEnumerable<string> UsersOf(string path) =>
        from process in Directory.EnumerateDirectories("/proc")
        let id = Path.GetFileName(process)
        where char.IsAsciiDigit(id[0]) && id != s_ownId
        where PathsOf(process).Any(used => used == path || used.StartsWith(path + "/", StringComparison.Ordinal))
        select $"{id} ({NameOf(process) ?? "?"})";

    /// <summary>The name of a process's program; null where it cannot be seen.</summary>
    public static string? NameOf(string process) => Try(() => File.ReadAllText($"{process}/comm").TrimEnd('\n'));

    /// <summary>This process's descriptors, the standard ones included. None where there is no /proc.</summary>
    public static List<int> OwnDescriptors() => [.. Descriptors(Self).Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

    /// <summary>
    /// Passes none but the standard descriptors on to child processes: what the caller has open beside them, such as a file or a lock,
    /// would otherwise stay open as long as the mount.
    /// </summary>
    public static void KeepFromChildren()
    {
        foreach (var descriptor in LibC.KeepFromChildren(3) ? [] : OwnDescriptors().Where(number => number > 2))
        {
            _ = LibC.fcntl(descriptor, LibC.SetDescriptorFlags, LibC.DescriptorCloseOnExec);
        }
    }

    /// <summary>Where a descriptor of this process leads to.</summary>
    public static string? TargetOf(int descriptor) => LibC.LinkTarget($"{Self}/fd/{descriptor}");

    /// <summary>Reads something of /proc; null if the process has ended or is another user's, or there is no /proc.</summary>
    public static T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The open files, the working directory and the root; what cannot be seen is left out.
    private static IEnumerable<string> PathsOf(string process) =>
        Descriptors(process).Select(number => $"fd/{number}").Append("cwd").Append("root")
            .Select(link => LibC.LinkTarget($"{process}/{link}")).OfType<string>();

    // Listing fd itself would make .NET ask what its links lead to; fdinfo has the same names as plain files.
    private static IEnumerable<string> Descriptors(string process) =>
        Try(() => Directory.GetFiles($"{process}/fdinfo"))?.Select(file => Path.GetFileName(file)) ?? [];
}
