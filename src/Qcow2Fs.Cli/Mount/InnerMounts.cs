namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// The mounts of this program inside of a folder. A mount that looked into itself, or into one that looks into it, would wait
/// for its own answer for ever.
/// </summary>
internal sealed class InnerMounts(string folder) : IDisposable
{
    private readonly string _start = folder == "/" ? folder : folder + "/";
    private readonly MountsOfType _mounts = new($"fuse.{MountOptionParser.Subtype}");
    private IReadOnlyList<string> _known = [];
    private byte[][] _paths = [];

    /// <summary>Whether a path, relative to the folder, is a mount or leads into one.</summary>
    public bool Hides(ReadOnlySpan<byte> path)
    {
        var mounts = _mounts.MountPoints;
        if (!ReferenceEquals(mounts, _known))
        {
            var inside = mounts.Where(m => m.StartsWith(_start, StringComparison.Ordinal));
            _paths = [.. inside.Select(m => Encoding.UTF8.GetBytes(m[_start.Length..]))];
            _known = mounts;
        }

        foreach (var mount in _paths)
        {
            if (path.StartsWith(mount) && (path.Length == mount.Length || path[mount.Length] == (byte)'/'))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _mounts.Dispose();
}
