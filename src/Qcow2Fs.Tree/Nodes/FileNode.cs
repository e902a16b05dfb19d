namespace Qcow2Fs.Tree.Nodes;

/// <summary>A file. A kind of file implements what it supports; the rest is refused here.</summary>
public abstract class FileNode : Node
{
    private protected FileNode(string name) : base(name) { }

    private protected FileNode(byte[] name) : base(name) { }

    /// <summary>Bytes that a reader gets now.</summary>
    internal abstract long Size(ReadView view);

    /// <summary>What a header gives it, for nodes that are made of the header alone; null if it does not exist.</summary>
    internal virtual byte[]? Content(Header header) => null;

    /// <summary>
    /// Opens it, for reading or (also) for writing, perhaps with O_TRUNC. The handle serves the content of the view; its refusals name the
    /// path.
    /// </summary>
    internal abstract FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate);

    /// <summary>Creates it, or tries whether it can be, where it comes to exist with its first content.</summary>
    internal virtual void Create(ReadView view) => throw new TreeException(Errno.EPERM, "cannot be created");

    /// <summary>Replaces its whole content in one commit; a file that does not exist is created.</summary>
    internal virtual void Replace(ReadView view, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool exists)
    {
        if (!exists)
        {
            Create(view);
        }

        var handle = Open(view, path, write: true, truncate: true);
        try
        {
            handle.Write(0, data, append: false);
            handle.Sync();
        }
        finally
        {
            handle.Release();
        }
    }

    internal virtual void Remove(ReadView view) => throw new TreeException(Errno.EPERM, "cannot be removed");

    /// <summary>truncate(2) without a handle.</summary>
    internal virtual void Truncate(ReadView view, long length) => throw new TreeException(Errno.EACCES, "is read-only");

    /// <summary>Why these bytes cannot be its whole content, as a file renamed onto it would have it; null if they can.</summary>
    internal virtual string? WhyNotWhole(ReadView view, ReadOnlySpan<byte> data) => null;

    /// <summary>Renames it onto another file, existing or not, which has that path.</summary>
    internal virtual void Rename(ReadView view, FileNode target, ReadOnlySpan<byte> path) => throw RefuseRename(target);

    private protected TreeException RefuseRename(FileNode target) => new(Errno.EPERM, $"{Name} cannot be renamed to {target.Name}");
}
