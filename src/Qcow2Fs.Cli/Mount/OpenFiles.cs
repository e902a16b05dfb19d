namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// The files that a process has open, by their paths. Only links and texts of /proc are read: to follow one could lead into a
/// mount, a dead one or the very one that asks.
/// </summary>
internal static class OpenFiles
{
    /// <summary>The paths, and those of its working directory and root; what cannot be seen is left out.</summary>
    public static IEnumerable<string> Of(string process) =>
        Descriptors(process).Select(number => $"{process}/fd/{number}").Append($"{process}/cwd").Append($"{process}/root")
            .Select(TargetOf).OfType<string>();

    // Listing fd itself would make .NET ask what its links lead to; fdinfo has the same names as plain files.
    private static IEnumerable<string> Descriptors(string process) =>
        Tried(() => Directory.GetFiles($"{process}/fdinfo"))?.Select(file => Path.GetFileName(file)) ?? [];

    private static string? TargetOf(string link) => Tried(() => new FileInfo(link).LinkTarget);

    private static T? Tried<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return null;
        }
    }
}
