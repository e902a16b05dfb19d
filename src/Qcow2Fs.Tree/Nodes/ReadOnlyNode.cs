using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>A read-only text about a table elsewhere in the image, read whenever it is asked for.</summary>
internal sealed class ReadOnlyNode(string name, Func<ImageView, byte[]?> show) : FileNode(name)
{
    internal override bool IsWritable => false;

    internal override bool Exists(ImageView view, Header header) => show(view) is not null;

    internal override long Size(ImageView view) => Content(view).Length;

    internal override FileHandle Open(ImageView view, bool write, bool truncate) => write
        ? throw view.Refuse(Errno.EACCES, $"{Name} is read-only")
        : new ContentHandle(Content(view));

    private byte[] Content(ImageView view) => show(view) is { } value ? [.. value, (byte)'\n'] : [];
}
