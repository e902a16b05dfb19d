using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Rescue;

/// <summary>What the user knows of an image, and its bytes do not say.</summary>
public sealed record RescueOptions
{
    /// <summary>The virtual size in bytes.</summary>
    public ulong? Size { get; init; }

    /// <summary>The name of the backing file, as bytes; empty for none.</summary>
    public ReadOnlyMemory<byte> BackingFile { get; init; }

    /// <summary>Its format; empty for none.</summary>
    public ReadOnlyMemory<byte> BackingFormat { get; init; }

    /// <summary>The name of the external data file; empty for none.</summary>
    public ReadOnlyMemory<byte> DataFile { get; init; }
}

/// <summary>Writes the header that stands for a layout: as QEMU would, in version 3.</summary>
internal static class HeaderOfLayout
{
    private const ulong ExternalDataBit = 1 << 2;
    private const ulong CompressionBit = 1 << 3;
    private const ulong ExtendedL2Bit = 1 << 4;
    private const ulong BitmapsBit = 1;
    private const ulong LuksMethod = 2;
    private const ulong ZstdType = 1;

    /// <summary>The header.</summary>
    /// <exception cref="HeaderException">The names do not fit the first cluster.</exception>
    public static Header Make(FoundLayout found, ulong size, RescueOptions options)
    {
        var layout = found.Layout;
        var isZstd = IsZstd(found.Mapped);
        var bytes = new byte[layout.Refcounts.ClusterSize];
        Write(HeaderFields.Magic, Header.MagicValue);
        Write(HeaderFields.Version, 3);
        Write(HeaderFields.ClusterBits, (ulong)layout.Refcounts.ClusterBits);
        Write(HeaderFields.Size, size);
        Write(HeaderFields.CryptMethod, layout.LuksOffset != 0 ? LuksMethod : 0);
        Write(HeaderFields.L1Size, (ulong)L1Size(layout, size));
        Write(HeaderFields.L1TableOffset, (ulong)layout.L1Offset);
        Write(HeaderFields.RefcountTableOffset, (ulong)layout.Refcounts.TableOffset);
        Write(HeaderFields.RefcountTableClusters, (ulong)layout.RefcountTableClusters);
        Write(HeaderFields.NbSnapshots, (ulong)layout.Snapshots.Items.Length);
        Write(HeaderFields.SnapshotOffset, (ulong)layout.Snapshots.Offset);
        Write(HeaderFields.IncompatibleFeatures, (layout.Format.External ? ExternalDataBit : 0) | (isZstd ? CompressionBit : 0)
            | (layout.Format.Extended ? ExtendedL2Bit : 0));
        Write(HeaderFields.AutoclearFeatures, layout.Bitmaps.Items.Length > 0 ? BitmapsBit : 0);
        Write(HeaderFields.RefcountOrder, (ulong)layout.Refcounts.Order);
        Write(HeaderFields.HeaderLength, (ulong)HeaderFields.Version3Length);
        Write(HeaderFields.CompressionType, isZstd ? ZstdType : 0);
        return WithExtensions(Header.Decode(bytes), layout, options);

        void Write(Field field, ulong value) => field.Write(bytes, value);
    }

    /// <summary>Whether the compressed clusters are zstd frames: no deflate stream starts like one.</summary>
    public static bool IsZstd(Mapped mapped) => mapped.Zstd > 0 && mapped.Zstd == Math.Min(mapped.Compressed, Ownership.ZstdSamples);

    /// <summary>The entries that the size needs; all for which there is room if those would not take all clusters of the table.</summary>
    private static long L1Size(Layout layout, ulong size)
    {
        var needed = (long)(((UInt128)size + (UInt128.One << layout.CoverageBits) - 1) >> layout.CoverageBits);
        return ((needed * 8) + layout.Refcounts.ClusterSize - 1) >> layout.Refcounts.ClusterBits == layout.L1Clusters
            ? needed : layout.L1Room;
    }

    private static Header WithExtensions(Header header, Layout layout, RescueOptions options)
    {
        header = options.BackingFormat.IsEmpty ? header : header.WithBackingFormat(options.BackingFormat.Span);
        header = layout.Format.External && !options.DataFile.IsEmpty
            ? header.WithExtension(ExtensionMagic.DataFile, options.DataFile.Span) : header;
        if (layout.LuksOffset != 0)
        {
            var data = new byte[CryptoHeaderFields.All.Size];
            CryptoHeaderFields.Offset.Write(data, (ulong)layout.LuksOffset);
            CryptoHeaderFields.Length.Write(data, (ulong)layout.LuksLength);
            header = header.WithExtension(ExtensionMagic.CryptoHeader, data);
        }

        header = layout.Refcounts.ClusterSize > Limits.ClusterWithoutFeatureNames ? header.WithKnownFeatureNames() : header;
        if (layout.Bitmaps.Items.Length > 0)
        {
            var data = new byte[BitmapExtensionFields.Size];
            BitmapExtensionFields.NbBitmaps.Write(data, (ulong)layout.Bitmaps.Items.Length);
            BitmapExtensionFields.DirectorySize.Write(data, (ulong)layout.Bitmaps.Length);
            BitmapExtensionFields.DirectoryOffset.Write(data, (ulong)layout.Bitmaps.Offset);
            header = header.WithExtension(ExtensionMagic.Bitmaps, data);
        }

        return options.BackingFile.IsEmpty ? header : header.WithBackingFile(options.BackingFile.Span);
    }
}
