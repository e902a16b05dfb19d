namespace Qcow2Fs.Tree.Nodes;

/// <summary>The raw first cluster.</summary>
internal sealed class RawHeaderNode(string name) : FileNode(name)
{
    internal override long Size(ReadView view) => view.Header.ClusterSize;

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => new RawHeaderHandle(view, path);

    internal override string? WhyNotWhole(ReadView view, ReadOnlySpan<byte> data) =>
        view.Header.ClusterSize is var size && data.Length != size ? $"the file has {size} bytes, not {data.Length}" : null;

    // cp and dd truncate before they write; the cluster keeps its size.
    internal override void Truncate(ReadView view, long length) { }
}

/// <summary>header.bin: each write is committed at once, byte for byte, with no rule but the cluster's size.</summary>
internal sealed class RawHeaderHandle(ReadView view, ReadOnlySpan<byte> path) : FileHandle(view.Session.Guard, path)
{
    private readonly ImageSession _session = view.Session;

    // Every byte fresh: a kept header may have older ones where it uses none.
    private KeptBytes _content = KeptBytes.Share(ReadWhole(view));

    private protected override KeptBytes Kept => _content;

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
    {
        var end = offset + data.Length;
        var bytes = data.ToArray();
        var result = _session.WriteRaw((int)Math.Min(end, Header.MaxClusterSize), header =>
        {
            // The bytes may bring another cluster size along, as a backup does that is written back.
            var size = header.ClusterSize;
            var written = end <= Header.MaxClusterSize ? header.WithRawBytes((int)offset, bytes) : header;
            return end <= Math.Max(size, written.ClusterSize)
                ? written
                : throw new TreeException(Errno.ENOSPC, $"the first cluster has {size} bytes, this write ends at {end}");
        }, Owner);
        _content.Release();
        _content = KeptBytes.Share(result.Bytes[..result.ClusterSize]);
    }

    private static ReadOnlyMemory<byte> ReadWhole(ReadView view)
    {
        var header = view.Session.Image.ReadHeader(known: null, out var status);
        return status.IsSameFile(view.Status) ? header.Bytes : throw ImageException.Stale();
    }

    // The cluster keeps its size; cp and dd truncate before they write.
    private protected override void OnTruncate(long length) { }

    private protected override void OnRelease() => _content.Release();
}
