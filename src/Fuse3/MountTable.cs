namespace Fuse3;

/// <summary>Reads the kernel's table of mounts (proc(5), /proc/self/mountinfo).</summary>
internal static class MountTable
{
    public const string Path = "/proc/self/mountinfo";

    private const int IdField = 0;
    private const int DeviceField = 2;
    private const int MountPointField = 4;

    /// <summary>All mounts; a later one covers an earlier one at the same path.</summary>
    public static IEnumerable<MountEntry> Read() => Parse(File.ReadLines(Path));

    /// <summary>The topmost mount at an absolute path without symbolic links; null when there is none.</summary>
    public static MountEntry? Find(string path) => Find(Read(), path);

    public static MountEntry? Find(IEnumerable<MountEntry> mounts, string path) => mounts.LastOrDefault(entry => entry.MountPoint == path);

    public static IEnumerable<MountEntry> Parse(IEnumerable<string> mountInfo)
    {
        foreach (var line in mountInfo)
        {
            // 36 35 98:0 /root /mount/point options [optional fields] - type source options
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator > MountPointField && separator + 1 < fields.Length)
            {
                yield return new MountEntry(fields[IdField], fields[DeviceField], Unescape(fields[MountPointField]), fields[separator + 1]);
            }
        }
    }

    // Space, tab, newline and backslash are written as \ooo.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                result.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}

/// <param name="Id">The number of the mount in the table; reused after an unmount, as the device number is.</param>
/// <param name="Device">The device number as major:minor.</param>
/// <param name="MountPoint">An absolute path without symbolic links.</param>
/// <param name="Type">The type, such as <c>fuse.name</c>.</param>
internal sealed record MountEntry(string Id, string Device, string MountPoint, string Type);
