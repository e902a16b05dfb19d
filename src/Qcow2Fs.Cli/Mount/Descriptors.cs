namespace Qcow2Fs.Cli.Mount;

/// <summary>What this process has open.</summary>
internal static class Descriptors
{
    // Listing fd itself would make .NET ask what its links lead to, perhaps a mount that does not answer.
    private const string Numbers = "/proc/self/fdinfo";

    /// <summary>All numbers, the standard ones included. None where there is no /proc.</summary>
    public static List<int> All()
    {
        var all = new List<int>();
        foreach (var file in Directory.Exists(Numbers) ? Directory.GetFiles(Numbers) : [])
        {
            all.Add(int.Parse(Path.GetFileName(file.AsSpan()), CultureInfo.InvariantCulture));
        }

        return all;
    }

    /// <summary>
    /// Passes none but the standard ones on to child processes: what the caller has open beside them, such as a file or a lock, would
    /// otherwise stay open as long as the mount.
    /// </summary>
    public static void KeepFromChildren()
    {
        foreach (var descriptor in LibC.KeepFromChildren(3) ? [] : All())
        {
            if (descriptor > 2)
            {
                _ = LibC.fcntl(descriptor, LibC.SetDescriptorFlags, LibC.DescriptorCloseOnExec);
            }
        }
    }
}
