namespace Qcow2Fs.Tree.Session;

/// <summary>A first cluster kept for later, without the zeros at its end: most of them are nearly all zeros.</summary>
internal sealed class OriginalCluster
{
    private readonly byte[] _bytes;

    public OriginalCluster(ReadOnlySpan<byte> cluster)
    {
        Size = cluster.Length;
        _bytes = cluster.TrimEnd((byte)0).ToArray();
    }

    public int Size { get; }

    public byte[] ToBytes()
    {
        var cluster = new byte[Size];
        _bytes.CopyTo(cluster, 0);
        return cluster;
    }
}
