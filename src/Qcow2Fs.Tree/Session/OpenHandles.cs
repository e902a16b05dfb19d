namespace Qcow2Fs.Tree.Session;

/// <summary>The open handles of an image, and the files that they are about to create.</summary>
internal sealed class OpenHandles
{
    private readonly Dictionary<FileNode, FileHandle> _pending = [];
    private int _count;

    public bool IsEmpty => _count == 0;

    /// <summary>
    /// Whether a file is shown although its first content has yet to create it: a program that has just created it asks for its
    /// attributes by name.
    /// </summary>
    public bool IsPending(FileNode node) => _pending.ContainsKey(node);

    public void Opened(FileNode node, FileHandle handle, bool isNew)
    {
        _count++;
        if (isNew)
        {
            _pending[node] = handle;
        }
    }

    /// <summary>The file now exists in the image.</summary>
    public void Created(FileNode node) => _pending.Remove(node);

    public void Released(FileNode node, FileHandle handle)
    {
        _count--;
        if (_pending.GetValueOrDefault(node) == handle)
        {
            _pending.Remove(node);
        }
    }
}
