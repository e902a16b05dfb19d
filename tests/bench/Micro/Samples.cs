using System.Buffers.Binary;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Micro;

/// <summary>The headers that the benchmarks work on.</summary>
internal static class Samples
{
    /// <summary>As many extensions as fit a cluster of 2 MiB, nearly.</summary>
    public const int ManyExtensions = 262_000;

    private const int UsualClusterBits = 16;
    private const ulong DiskSize = 1 << 30;

    /// <summary>
    /// What <c>qemu-img create -f qcow2</c> writes: version 3, header_length 112, a feature name table of 8 records, an end
    /// marker, in a cluster of 64 KiB.
    /// </summary>
    public static Header Usual() => new NewImage(3, UsualClusterBits, DiskSize, [], []).Header;

    /// <summary>
    /// The same with <c>-b base.img -F raw</c>: a backing format before the table, a backing file name after the end marker.
    /// </summary>
    public static Header Overlay() => new NewImage(3, UsualClusterBits, DiskSize, "base.img"u8, "raw"u8).Header;

    /// <summary>A cluster of 2 MiB whose list has <see cref="ManyExtensions"/> extensions without payload.</summary>
    public static byte[] Crowded()
    {
        var bytes = new NewImage(3, 21, DiskSize, [], []).Header.Bytes.ToArray();
        for (var i = 0; i < ManyExtensions; i++)
        {
            var entry = bytes.AsSpan(HeaderFields.Version3Length + (i * Extension.EntryHeaderSize), Extension.EntryHeaderSize);
            BinaryPrimitives.WriteUInt64BigEndian(entry, (ulong)(0x10000000 + i) << 32);
        }

        bytes.AsSpan(HeaderFields.Version3Length + (ManyExtensions * Extension.EntryHeaderSize), Extension.EntryHeaderSize).Clear();
        return bytes;
    }
}
