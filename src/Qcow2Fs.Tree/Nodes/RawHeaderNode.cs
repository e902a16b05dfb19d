namespace Qcow2Fs.Tree.Nodes;

/// <summary>The raw first cluster: written through at once, byte for byte, with no rule but its size.</summary>
internal sealed class RawHeaderNode(string name) : FileNode(name)
{
    internal override bool IsWritable => true;

    internal override bool Exists(ReadView view) => true;

    internal override long Size(ReadView view) => view.Header.ClusterSize;

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => new RawHeaderHandle(view, path);

    internal override string? WhyNotWhole(ReadView view, ReadOnlySpan<byte> data) =>
        view.Header.ClusterSize is var size && data.Length != size ? $"the file has {size} bytes, not {data.Length}" : null;

    // cp and dd truncate before they write; the cluster keeps its size.
    internal override void Truncate(ReadView view, long length)
    {
    }
}
