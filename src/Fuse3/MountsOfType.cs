namespace Fuse3;

/// <summary>
/// The mount points of one file system type. Polls the kernel's table (proc(5), /proc/self/mountinfo) and reads it again only after it has
/// changed; touches no mount. Not thread-safe.
/// </summary>
public sealed class MountsOfType : IDisposable
{
    private readonly string _type;
    private readonly SafeFileHandle _table;
    private string[] _mountPoints;

    /// <summary>Opens and reads the table.</summary>
    /// <param name="type">Such as <c>fuse.hello</c>.</param>
    public MountsOfType(string type)
    {
        _type = type;
        _table = File.OpenHandle(MountTable.Path);
        _mountPoints = Read();
    }

    /// <summary>The mount points: absolute paths without symbolic links. A new list after each change.</summary>
    public IReadOnlyList<string> MountPoints
    {
        get
        {
            if (HasTableChanged())
            {
                _mountPoints = Read();
            }

            return _mountPoints;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    // True once after each change of the table (proc(5)).
    private bool HasTableChanged()
    {
        var descriptor = new LibC.PollDescriptor { Descriptor = (int)_table.DangerousGetHandle(), Events = LibC.PollPriority };
        return LibC.poll(new(ref descriptor), 1, 0) > 0;
    }

    private string[] Read() => [.. MountTable.Read().Where(entry => entry.Type == _type).Select(entry => entry.MountPoint)];
}
