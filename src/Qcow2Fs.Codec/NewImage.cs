namespace Qcow2Fs.Codec;

/// <summary>A new, empty image, as qemu-img lays it out: the header's cluster, refcount table, refcount blocks, L1 table.</summary>
public sealed class NewImage
{
    private const int RefcountBytes = 2;
    private const int EntryBytes = 8;
    private const int SectorSize = 512;

    private readonly long _refcountTableClusters;
    private readonly long _refcountBlocks;
    private readonly long _l1Clusters;
    private readonly int _clusterSize;

    /// <summary>Plans the image.</summary>
    /// <param name="version">2 or 3.</param>
    /// <param name="clusterBits">Binary logarithm of the cluster size, 9 to 21.</param>
    /// <param name="size">Virtual size in bytes; rounded up to 512.</param>
    /// <param name="backingFile">The backing file's name; empty for none.</param>
    /// <param name="backingFormat">Its format; empty for none.</param>
    /// <exception cref="HeaderException">Invalid: version, cluster size, or an L1 table above 32 MiB. Else as the edits.</exception>
    public NewImage(int version, int clusterBits, ulong size, ReadOnlySpan<byte> backingFile, ReadOnlySpan<byte> backingFormat)
    {
        if (version is not (2 or 3) || clusterBits is < 9 or > 21)
        {
            throw new HeaderException(HeaderError.Invalid, $"there is no version {version} with clusters of 2^{clusterBits} bytes");
        }

        _clusterSize = 1 << clusterBits;
        var l1Entries = L1Entries(ref size);
        _l1Clusters = Clusters(l1Entries * EntryBytes);
        do
        {
            // The table and the blocks count themselves, so both grow until nothing is missing.
            _refcountBlocks = Divide(ClusterCount, _clusterSize / RefcountBytes);
            _refcountTableClusters = Math.Max(1, Clusters(_refcountBlocks * EntryBytes));
        }
        while (Divide(ClusterCount, _clusterSize / RefcountBytes) != _refcountBlocks);

        Header = BuildHeader(version, clusterBits, size, l1Entries, backingFile, backingFormat);
    }

    /// <summary>The header.</summary>
    public Header Header { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long Length => ClusterCount * _clusterSize;

    private long ClusterCount => 1 + _refcountTableClusters + _refcountBlocks + _l1Clusters;

    private long RefcountBlocksOffset => (1 + _refcountTableClusters) * _clusterSize;

    /// <summary>Everything that is not zero, by its offset in the file: the header, the refcount table, the refcount blocks.</summary>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> Parts()
    {
        yield return (0, Header.Bytes);
        var table = new byte[_refcountBlocks * EntryBytes];
        for (var i = 0; i < _refcountBlocks; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(i * EntryBytes), RefcountBlocksOffset + ((long)i * _clusterSize));
        }

        yield return (_clusterSize, table);

        // Every cluster of a new image is used once.
        var counts = new byte[ClusterCount * RefcountBytes];
        for (var i = 1; i < counts.Length; i += RefcountBytes)
        {
            counts[i] = 1;
        }

        yield return (RefcountBlocksOffset, counts);
    }

    private long L1Entries(ref ulong size)
    {
        var bytesPerEntry = (UInt128)_clusterSize * (uint)(_clusterSize / EntryBytes);
        var rounded = ((UInt128)size + SectorSize - 1) / SectorSize * SectorSize;
        var entries = (rounded + bytesPerEntry - 1) / bytesPerEntry;
        if (entries > Limits.L1Entries)
        {
            throw new HeaderException(HeaderError.Invalid,
                $"{size} bytes are too many for clusters of {_clusterSize}: "
                + $"the L1 table would be larger than {(Limits.L1Entries * EntryBytes) >> 20} MiB");
        }

        size = (ulong)rounded;
        return Math.Max(1, (long)entries);
    }

    private Header BuildHeader(int version, int clusterBits, ulong size, long l1Entries, ReadOnlySpan<byte> backingFile,
        ReadOnlySpan<byte> backingFormat)
    {
        var bytes = new byte[_clusterSize];
        HeaderFields.Magic.Write(bytes, Header.MagicValue);
        HeaderFields.Version.Write(bytes, 2);
        HeaderFields.ClusterBits.Write(bytes, (ulong)clusterBits);
        HeaderFields.Size.Write(bytes, size);
        HeaderFields.L1Size.Write(bytes, (ulong)l1Entries);
        HeaderFields.L1TableOffset.Write(bytes, (ulong)(RefcountBlocksOffset + (_refcountBlocks * _clusterSize)));
        HeaderFields.RefcountTableOffset.Write(bytes, (ulong)_clusterSize);
        HeaderFields.RefcountTableClusters.Write(bytes, (ulong)_refcountTableClusters);

        var header = Header.Decode(bytes).WithField(HeaderFields.Version, (ulong)version);
        header = backingFormat.IsEmpty ? header : header.WithBackingFormat(backingFormat);
        header = version == 3 && _clusterSize > Limits.ClusterWithoutFeatureNames ? header.WithKnownFeatureNames() : header;
        return backingFile.IsEmpty ? header : header.WithBackingFile(backingFile);
    }

    private long Clusters(long bytes) => Divide(bytes, _clusterSize);

    private static long Divide(long value, long unit) => (value + unit - 1) / unit;
}
