namespace Qcow2Fs.Tree.Scratch;

/// <summary>
/// The scratch files of an image, by directory and name, and the files of the tree that a tool has moved out of its way:
/// those are hidden until the tool puts something in their stead. Nothing of this is in the image.
/// </summary>
internal sealed class ScratchFiles
{
    // NAME_MAX.
    private const int MaxNameLength = 255;
    private const int MaxFiles = 64;
    private const long MaxBytes = 4 * Header.MaxClusterSize;

    // A tool that replaces a file creates it right after its unlink.
    private static readonly TimeSpan s_hiddenWithoutCopy = TimeSpan.FromSeconds(1);

    // Names are bytes: here a character each, so that those that are not UTF-8 stay different.
    private readonly Dictionary<(DirectoryNode, string), ScratchNode> _files = [];
    private readonly Dictionary<FileNode, (ScratchNode? Copy, long Since)> _hidden = [];
    private long _made;

    /// <summary>Whether there is nothing to lose.</summary>
    public bool IsEmpty => _files.Count == 0 && _hidden.Count == 0;

    /// <summary>The scratch files of a directory that have a higher number than the last one.</summary>
    public IEnumerable<ScratchNode> In(DirectoryNode directory, long after) =>
        _files.Where(f => f.Value.Number > after && f.Key.Item1.Equals(directory)).Select(f => f.Value).OrderBy(f => f.Number);

    public ScratchNode? Find(DirectoryNode directory, ReadOnlySpan<byte> name) =>
        _files.Count == 0 ? null : _files.GetValueOrDefault((directory, Encoding.Latin1.GetString(name)));

    /// <summary>The scratch file of that name, created if there is none.</summary>
    /// <exception cref="TreeException">ENOSPC: there are too many. ENAMETOOLONG: it could not be listed.</exception>
    public ScratchNode Create(DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        if (Find(directory, name) is { } known)
        {
            return known;
        }

        if (name.Length > MaxNameLength)
        {
            throw new TreeException(Errno.ENAMETOOLONG, $"a file name has at most {MaxNameLength} bytes, this one has {name.Length}");
        }

        if (_files.Count == MaxFiles)
        {
            throw new TreeException(Errno.ENOSPC, $"there are {MaxFiles} temporary files already");
        }

        var file = new ScratchNode(name.ToArray(), this, ++_made);
        _files.Add((directory, Encoding.Latin1.GetString(name)), file);
        return file;
    }

    public void Remove(ScratchNode file)
    {
        foreach (var key in _files.Where(f => f.Value == file).Select(f => f.Key).ToList())
        {
            _files.Remove(key);
        }
    }

    /// <summary>Hides a file, which the image still has, until <see cref="Unhide"/>; for a second if the tool has no copy of it.</summary>
    public void Hide(FileNode file, ScratchNode? copy) => _hidden[file] = (copy, Environment.TickCount64);

    public bool IsHidden(Node node)
    {
        if (_hidden.Count == 0 || node is not FileNode file || !_hidden.TryGetValue(file, out var hidden))
        {
            return false;
        }

        var isHidden = hidden.Copy is { } copy
            ? _files.ContainsValue(copy)
            : Environment.TickCount64 - hidden.Since < s_hiddenWithoutCopy.TotalMilliseconds;
        if (!isHidden)
        {
            _hidden.Remove(file);
        }

        return isHidden;
    }

    /// <summary>Shows the file again; returns whether it was hidden.</summary>
    public bool Unhide(FileNode file) => _hidden.Remove(file);

    /// <summary>Refuses a length that would make all scratch files together too large.</summary>
    public void RequireRoom(ScratchNode file, long length)
    {
        if (length > MaxBytes - _files.Values.Where(f => f != file).Sum(f => (long)f.Length))
        {
            throw new TreeException(Errno.ENOSPC, $"temporary files have at most {MaxBytes >> 20} MiB");
        }
    }
}
