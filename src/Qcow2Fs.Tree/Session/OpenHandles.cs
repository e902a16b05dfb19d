namespace Qcow2Fs.Tree.Session;

/// <summary>The open handles of an image, and the files that they are about to create.</summary>
internal sealed class OpenHandles
{
    private readonly HashSet<(FileNode Node, FileHandle Handle)> _pending = [];
    private int _count;

    public bool IsEmpty => _count == 0;

    /// <summary>
    /// Whether a file is shown although its first content has yet to create it: a program that has just created it asks for its
    /// attributes by name.
    /// </summary>
    public bool IsPending(FileNode node) => _pending.Count > 0 && _pending.Any(pending => pending.Node.Equals(node));

    public void Opened(FileNode node, FileHandle handle, bool isNew)
    {
        _count++;
        if (isNew)
        {
            _pending.Add((node, handle));
        }
    }

    /// <summary>The file now exists in the image.</summary>
    public void Created(FileNode node) => _pending.RemoveWhere(pending => pending.Node.Equals(node));

    public void Released(FileNode node, FileHandle handle)
    {
        _count--;
        _pending.Remove((node, handle));
    }
}
