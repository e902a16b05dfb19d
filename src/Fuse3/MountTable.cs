namespace Fuse3;

/// <summary>Reads the kernel's table of mounts (proc(5), /proc/self/mountinfo), as bytes: a path may have any but NUL.</summary>
internal static class MountTable
{
    private const string Path = "/proc/self/mountinfo";
    private const int IdField = 0;
    private const int DeviceField = 2;
    private const int MountPointField = 4;

    /// <summary>All mounts; a later one covers an earlier one at the same path. None where there is no /proc.</summary>
    public static IEnumerable<MountEntry> Read() => File.Exists(Path) ? Parse(File.ReadAllBytes(Path)) : [];

    /// <summary>The topmost mount at an absolute path without symbolic links; null when there is none.</summary>
    public static MountEntry? Find(string path) => Find(Read(), path);

    public static MountEntry? Find(IEnumerable<MountEntry> mounts, string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        return mounts.LastOrDefault(entry => entry.MountPoint.AsSpan().SequenceEqual(bytes));
    }

    public static IEnumerable<MountEntry> Parse(byte[] mountInfo)
    {
        // One character for each byte.
        foreach (var line in Encoding.Latin1.GetString(mountInfo).Split('\n'))
        {
            // 36 35 98:0 /root /mount/point options [optional fields] - type source options
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator > MountPointField && separator + 1 < fields.Length)
            {
                yield return new(fields[IdField], fields[DeviceField], Unescape(fields[MountPointField]), fields[separator + 1]);
            }
        }
    }

    // Space, tab, newline and backslash are written as \ooo.
    private static byte[] Unescape(string text)
    {
        var result = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                result.Add(Convert.ToByte(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                result.Add((byte)text[i]);
            }
        }

        return [.. result];
    }
}

/// <param name="Id">The number of the mount in the table; reused after an unmount, as the device number is.</param>
/// <param name="Device">The device number as major:minor.</param>
/// <param name="MountPoint">An absolute path without symbolic links.</param>
/// <param name="Type">The type, such as <c>fuse.name</c>.</param>
internal sealed record MountEntry(string Id, string Device, byte[] MountPoint, string Type);
