using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Handles;

/// <summary>The nodes of a view that have open handles.</summary>
internal sealed class OpenHandles
{
    private readonly Dictionary<FileNode, FileHandle> _pending = [];
    private int _handles;

    /// <summary>Whether no handle is open.</summary>
    public bool IsEmpty => _handles == 0;

    /// <summary>
    /// A file that is being made is there even before its first content makes it exist: a program that has just created it
    /// asks for its attributes by its name.
    /// </summary>
    public bool IsPending(FileNode node) => _pending.ContainsKey(node);

    /// <summary>A handle of a node was opened.</summary>
    public void Opened(FileNode node, FileHandle handle, bool isNew)
    {
        _handles++;
        if (isNew)
        {
            _pending[node] = handle;
        }
    }

    /// <summary>The node exists by its content, so from now on it exists as long as that.</summary>
    public void Created(FileNode node) => _pending.Remove(node);

    /// <summary>The handle was closed.</summary>
    public void Released(FileNode node, FileHandle handle)
    {
        _handles--;
        if (_pending.GetValueOrDefault(node) == handle)
        {
            _pending.Remove(node);
        }
    }
}
