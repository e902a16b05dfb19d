namespace Qcow2Fs.Rescue;

/// <summary>
/// The guest's disk as a layout maps it, as far as it can be read: not where data is compressed, encrypted or in another file.
/// </summary>
internal sealed class GuestDisk(CachedBytes bytes, Layout layout)
{
    private const int SubclusterBits = 5;

    /// <summary>
    /// A part of the disk that does not cross a multiple of its length, a power of two of at most 4096. Null if it cannot be read; zeros
    /// where nothing is mapped.
    /// </summary>
    public byte[]? Read(long offset, int length)
    {
        var buffer = new byte[length];
        // A cluster may be smaller than the part.
        var step = Math.Min(length, Header.MinClusterSize);
        for (var at = 0; at < length; at += step)
        {
            if (!Read(offset + at, buffer.AsSpan(at, step)))
            {
                return null;
            }
        }

        return buffer;
    }

    private bool Read(long offset, Span<byte> buffer)
    {
        var refcounts = layout.Refcounts;
        var l1Index = offset >> layout.CoverageBits;
        if (layout.LuksOffset != 0 || layout.Format.External)
        {
            return false;
        }

        var l1Entry = l1Index < layout.L1Room ? bytes.Word(layout.L1Offset + (8 * l1Index)) : 0;
        if (l1Entry == 0)
        {
            return true;
        }

        var inCluster = offset & (refcounts.ClusterSize - 1);
        var index = (offset >> refcounts.ClusterBits) & ((refcounts.ClusterSize / layout.Format.EntrySize) - 1);
        var at = (long)MappingEntry.Offset(l1Entry) + (index * layout.Format.EntrySize);
        if (at >= bytes.Length)
        {
            return false;
        }

        var entry = bytes.Word(at);
        var subcluster = (int)(inCluster >> (refcounts.ClusterBits - SubclusterBits));
        if (MappingEntry.IsCompressed(entry))
        {
            return false;
        }

        var isMapped = MappingEntry.Offset(entry) != 0
            && (layout.Format.Extended ? (bytes.Word(at + 8) >> subcluster & 1) != 0 : !MappingEntry.IsZero(entry));
        if (isMapped)
        {
            bytes.Fill((long)MappingEntry.Offset(entry) + inCluster, buffer);
        }

        return true;
    }
}
