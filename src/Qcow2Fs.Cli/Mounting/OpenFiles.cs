namespace Qcow2Fs.Cli.Mounting;

/// <summary>
/// The files that a process has open, by their paths. Only links of /proc are read: to follow one could lead into a mount,
/// a dead one or the very one that asks.
/// </summary>
internal static class OpenFiles
{
    /// <summary>The paths, and those of its working directory and root; what cannot be seen is left out.</summary>
    public static IEnumerable<string> Of(string process) =>
        Descriptors(process).Append($"{process}/cwd").Append($"{process}/root").Select(TargetOf).OfType<string>();

    // Listing fd itself would make .NET ask what its links lead to; fdinfo has the same names as plain files.
    private static IEnumerable<string> Descriptors(string process)
    {
        try
        {
            return [.. Directory.EnumerateFiles($"{process}/fdinfo").Select(f => $"{process}/fd/{Path.GetFileName(f)}")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return [];
        }
    }

    private static string? TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
