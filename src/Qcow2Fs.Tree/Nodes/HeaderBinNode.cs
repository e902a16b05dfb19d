using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The raw first cluster: written through at once, byte for byte, with no rule but its size.</summary>
internal sealed class HeaderBinNode(string name) : FileNode(name)
{
    internal override bool IsWritable => true;

    internal override bool Exists(ImageView view, Header header) => true;

    internal override long Size(ImageView view) => view.Header.ClusterSize;

    internal override FileHandle Open(ImageView view, bool write, bool truncate) => new RawHeaderHandle(view);

    internal override string? WhyNotWhole(ImageView view, ReadOnlySpan<byte> data) =>
        view.Header.ClusterSize is var size && data.Length != size ? $"{Name} has {size} bytes, not {data.Length}" : null;

    // cp and dd truncate before they write; the cluster has the size that it has.
    internal override void Truncate(ImageView view, long length)
    {
    }
}
