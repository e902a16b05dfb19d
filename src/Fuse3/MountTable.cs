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
        var bytes = PathText.Encode(path);
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
        var parts = text.Split('\\');
        var escaped = parts.Skip(1).Select(part => (char)Convert.ToByte(part[..3], 8) + part[3..]);
        return Encoding.Latin1.GetBytes(parts[0] + string.Concat(escaped));
    }
}

/// <summary>One mount. Its id and its device (major:minor) are reused after an unmount; its type is such as <c>fuse.name</c>.</summary>
internal sealed record MountEntry(string Id, string Device, byte[] MountPoint, string Type);
