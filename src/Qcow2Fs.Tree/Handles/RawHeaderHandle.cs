using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Tree.Handles;

/// <summary>header.bin: each write is committed at once, byte for byte, by no rule but the cluster's size.</summary>
internal sealed class RawHeaderHandle(ImageView view) : FileHandle
{
    private ReadOnlyMemory<byte> _content = view.WholeHeader.Bytes;

    public override ReadOnlyMemory<byte> Content => _content;

    public override void Write(long offset, ReadOnlySpan<byte> data, bool append)
    {
        offset = append ? _content.Length : offset;
        var end = offset + data.Length;
        var bytes = data.ToArray();
        var result = view.RawWrite((int)Math.Min(end, Header.MaxClusterSize), header =>
        {
            // The bytes may bring another cluster size along, as a backup does that is written back.
            var size = header.ClusterSize;
            var poked = end <= Header.MaxClusterSize ? header.WithRawBytes((int)offset, bytes) : header;
            return end <= Math.Max(size, poked.ClusterSize)
                ? poked
                : throw view.Refuse(Errno.ENOSPC, $"header.bin has {size} bytes, this write ends at {end}");
        });
        _content = result.Bytes[..result.ClusterSize];
    }

    // The cluster has the size that it has; cp and dd truncate before they write.
    public override void Truncate(long length)
    {
    }
}
