using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>A read-only file about the view itself.</summary>
internal sealed class StateNode(string name, Func<ImageView, ReadOnlyMemory<byte>> content, Func<ImageView, long> size) : FileNode(name)
{
    internal override bool IsWritable => false;

    internal override bool IsAlwaysThere => true;

    internal override bool Exists(ImageView view, Header header) => true;

    internal override long Size(ImageView view) => size(view);

    internal override FileHandle Open(ImageView view, bool write, bool truncate) => write
        ? throw view.Refuse(Errno.EACCES, $"{Name} is read-only")
        : new ContentHandle(content(view));
}
