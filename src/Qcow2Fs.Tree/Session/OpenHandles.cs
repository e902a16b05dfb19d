namespace Qcow2Fs.Tree.Session;

/// <summary>The open handles of an image, and the files that they are about to create.</summary>
internal sealed class OpenHandles
{
    // Numbered in the order of the opens.
    private readonly Dictionary<(FileNode Node, FileHandle Handle), long> _pending = [];
    private long _opened;
    private int _count;

    public bool IsEmpty => _count == 0;

    /// <summary>
    /// Whether a file is shown although its first content has yet to create it: a program that has just created it asks for its
    /// attributes by name. Not in another image file that has taken the name since.
    /// </summary>
    public bool IsPending(FileNode node, ImageStatus image) =>
        _pending.Count > 0 && _pending.Keys.Any(pending => pending.Node.Equals(node) && IsOf(image, pending.Handle));

    /// <summary>The files that are about to be created and have a higher number than the last one.</summary>
    public IEnumerable<(FileNode Node, long Number)> PendingAfter(long after, ImageStatus image) => _pending.Count == 0 ? [] : _pending
        .Where(pending => IsOf(image, pending.Key.Handle))
        .GroupBy(pending => pending.Key.Node, (node, handles) => (node, Number: handles.Min(handle => handle.Value)))
        .Where(pending => pending.Number > after).OrderBy(pending => pending.Number);

    /// <summary>The file was removed before its first content came: its handles do not create it any more.</summary>
    public void Removed(FileNode node)
    {
        foreach (var pending in _pending.Keys.Where(pending => pending.Node.Equals(node)).ToList())
        {
            pending.Handle.Abandon();
            _pending.Remove(pending);
        }
    }

    public void Opened(FileNode node, FileHandle handle, bool isNew)
    {
        _count++;
        if (isNew)
        {
            _pending.Add((node, handle), ++_opened);
        }
    }

    /// <summary>The file now exists in the image.</summary>
    public void Created(FileNode node)
    {
        foreach (var pending in _pending.Keys.Where(pending => pending.Node.Equals(node)).ToList())
        {
            _pending.Remove(pending);
        }
    }

    public void Released(FileNode node, FileHandle handle)
    {
        _count--;
        _pending.Remove((node, handle));
    }

    private static bool IsOf(in ImageStatus image, FileHandle handle) => handle.Owner is not { } owner || owner.IsSameFile(image);
}
