using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The rest of a list that cannot be decoded to its end. It can be read, and removed.</summary>
internal sealed class MalformedNode(string name) : FileNode(name)
{
    internal override bool IsWritable => false;

    internal override bool Exists(ImageView view, Header header) => header.Extensions.IsMalformed;

    internal override long Size(ImageView view) => view.Header.MalformedBytes.Length;

    internal override FileHandle Open(ImageView view, bool write, bool truncate) => write
        ? throw view.Refuse(Errno.EUCLEAN, $"{Name} cannot be written: {view.Header.Extensions.Problem}; remove it, or write header.bin")
        : new ContentHandle(view.Header.MalformedBytes.ToArray());

    internal override void Create(ImageView view) => throw view.Refuse(Errno.EPERM, $"{Name} is what cannot be decoded, it cannot be created");

    internal override void Remove(ImageView view) => view.Change(header => header.WithoutMalformedRest());
}
