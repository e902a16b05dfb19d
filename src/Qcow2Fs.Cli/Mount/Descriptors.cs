namespace Qcow2Fs.Cli.Mount;

/// <summary>What this process has open.</summary>
internal static class Descriptors
{
    /// <summary>All numbers, the standard ones included.</summary>
    public static List<int> All()
    {
        var all = new List<int>();
        // Listing fd itself would make .NET ask what its links lead to, perhaps a mount that does not answer.
        foreach (var file in Directory.GetFiles("/proc/self/fdinfo"))
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
        foreach (var descriptor in All())
        {
            if (descriptor > 2)
            {
                _ = LibC.fcntl(descriptor, LibC.SetDescriptorFlags, LibC.DescriptorCloseOnExec);
            }
        }
    }
}
