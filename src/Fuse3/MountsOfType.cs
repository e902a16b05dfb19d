using Microsoft.Win32.SafeHandles;
using Posix;

namespace Fuse3;

/// <summary>
/// Where file systems of one type are mounted. To ask is cheap: the kernel's table is read again only after it has changed
/// (proc(5), /proc/self/mountinfo). No mount is touched. Not thread-safe.
/// </summary>
public sealed class MountsOfType : IDisposable
{
    private readonly string _type;
    private readonly SafeFileHandle _table;
    private string[] _mountPoints;

    /// <summary>The mounts of that type.</summary>
    /// <param name="type">Such as <c>fuse.hello</c>.</param>
    public MountsOfType(string type)
    {
        _type = type;
        _table = File.OpenHandle(MountTable.Path);
        _mountPoints = Read();
    }

    /// <summary>The mount points as this process sees them: absolute paths without symbolic links. A new list when something has changed.</summary>
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

    private string[] Read() => [.. MountTable.Parse(File.ReadLines(MountTable.Path)).Where(entry => entry.Type == _type).Select(entry => entry.MountPoint)];
}
