using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>A file. What it does not support is refused here, once for all kinds.</summary>
public abstract class FileNode : Node
{
    private protected FileNode(string name)
        : base(name)
    {
    }

    /// <summary>Bytes that a reader gets now.</summary>
    internal abstract long Size(ImageView view);

    /// <summary>The content that a header gives it, for nodes that are made of the header alone; null if there is none.</summary>
    internal virtual byte[]? Content(Header header) => null;

    /// <summary>Opens it; the handle serves the content of this moment.</summary>
    internal abstract FileHandle Open(ImageView view, bool write, bool truncate);

    /// <summary>Makes it exist, or judges that it could, where it comes to exist with its content.</summary>
    internal virtual void Create(ImageView view) => throw view.Refuse(Errno.EPERM, $"{Name} cannot be created");

    /// <summary>Gives it that whole content in one commit; it comes to exist if it does not.</summary>
    internal virtual void Replace(ImageView view, ReadOnlySpan<byte> data, bool exists)
    {
        if (!exists)
        {
            Create(view);
        }

        var handle = Open(view, write: true, truncate: true);
        try
        {
            handle.Write(0, data, append: false);
            handle.Flush();
        }
        finally
        {
            handle.Release();
        }
    }

    internal virtual void Remove(ImageView view) => throw view.Refuse(Errno.EPERM, $"{Name} cannot be removed");

    /// <summary>truncate(2) without a handle.</summary>
    internal virtual void Truncate(ImageView view, long length) => throw view.Refuse(Errno.EACCES, $"{Name} is read-only");

    /// <summary>Why these bytes cannot be all that it holds, as a file renamed onto it would have it; null if they can.</summary>
    internal virtual string? WhyNotWhole(ImageView view, ReadOnlySpan<byte> data) => null;

    /// <summary>Renames it onto another file, existing or not.</summary>
    internal virtual void Rename(ImageView view, FileNode target) => throw view.Refuse(Errno.EPERM, $"{Name} cannot be renamed to {target.Name}");
}
