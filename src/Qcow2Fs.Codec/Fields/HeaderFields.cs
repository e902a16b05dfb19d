namespace Qcow2Fs.Codec;

/// <summary>
/// The one table that declares the header (specification, "Header"). Decoding, encoding, the file list of a mount,
/// header.json and the dumps walk it. The second reader of the tests has a list of its own on purpose.
/// </summary>
public static class HeaderFields
{
    /// <summary>The table. A new field is one row at its end.</summary>
    public static readonly FieldTable All = [];

    /// <summary>"QFI" and 0xfb.</summary>
    public static readonly Field Magic = All.Add("magic", 4, FieldStyle.Hex, "the format's mark, \"QFI\" and 0xfb");

    /// <summary>2 or 3.</summary>
    public static readonly Field Version = All.Add("version", 4, FieldStyle.Decimal, "version of the format, 2 or 3");

    /// <summary>Where the backing file's name lies; 0 for none. It also ends the extension area.</summary>
    public static readonly Field BackingFileOffset =
        All.Add("backing_file_offset", 8, FieldStyle.Hex, "offset of the backing file's name, 0 for none");

    /// <summary>Bytes of the backing file's name, without a NUL; at most 1023.</summary>
    public static readonly Field BackingFileSize =
        All.Add("backing_file_size", 4, FieldStyle.Hex, "length of the backing file's name in bytes");

    /// <summary>Binary logarithm of the cluster size, 9 to 21.</summary>
    public static readonly Field ClusterBits = All.Add("cluster_bits", 4, FieldStyle.Decimal, "a cluster has 2^this bytes, 9 to 21");

    /// <summary>Virtual disk size in bytes.</summary>
    public static readonly Field Size = All.Add("size", 8, FieldStyle.Decimal, "virtual disk size in bytes");

    /// <summary>0 none, 1 AES, 2 LUKS.</summary>
    public static readonly Field CryptMethod = All.Add("crypt_method", 4, FieldStyle.Decimal, "encryption: 0 none, 1 AES, 2 LUKS");

    /// <summary>Entries of the active L1 table, 8 bytes each.</summary>
    public static readonly Field L1Size = All.Add("l1_size", 4, FieldStyle.Decimal, "entries in the active L1 table");

    /// <summary>Where the active L1 table starts.</summary>
    public static readonly Field L1TableOffset = All.Add("l1_table_offset", 8, FieldStyle.Hex, "offset of the active L1 table");

    /// <summary>Where the refcount table starts.</summary>
    public static readonly Field RefcountTableOffset = All.Add("refcount_table_offset", 8, FieldStyle.Hex, "offset of the refcount table");

    /// <summary>Clusters that the refcount table takes.</summary>
    public static readonly Field RefcountTableClusters =
        All.Add("refcount_table_clusters", 4, FieldStyle.Decimal, "clusters of the refcount table");

    /// <summary>Entries of the snapshot table.</summary>
    public static readonly Field NbSnapshots = All.Add("nb_snapshots", 4, FieldStyle.Decimal, "number of internal snapshots");

    /// <summary>Where the snapshot table starts.</summary>
    public static readonly Field SnapshotOffset = All.Add("snapshot_offset", 8, FieldStyle.Hex, "offset of the snapshot table");

    /// <summary>The length of a version 2 header: the end of the last field that version 2 has.</summary>
    public static readonly int Version2Length = All.Size;

    /// <summary>Bits that a reader must know to open the image.</summary>
    public static readonly Field IncompatibleFeatures =
        All.Add("incompatible_features", 8, FieldStyle.Bits, "bits that a program must know to open the image", since: 3);

    /// <summary>Bits that a reader may ignore.</summary>
    public static readonly Field CompatibleFeatures =
        All.Add("compatible_features", 8, FieldStyle.Bits, "bits that a program may ignore", since: 3);

    /// <summary>Bits that a writer who does not know them must clear.</summary>
    public static readonly Field AutoclearFeatures =
        All.Add("autoclear_features", 8, FieldStyle.Bits, "bits that a writer who does not know them clears", since: 3);

    /// <summary>Binary logarithm of a refcount's width in bits, 0 to 6.</summary>
    public static readonly Field RefcountOrder =
        All.Add("refcount_order", 4, FieldStyle.Decimal, "a refcount has 2^this bits, 0 to 6", since: 3, absent: 4);

    /// <summary>Length of the header in bytes; the extension list starts behind it.</summary>
    public static readonly Field HeaderLength =
        All.Add("header_length", 4, FieldStyle.Decimal, "length of the header; extensions start there", since: 3, absent: 72);

    /// <summary>The shortest version 3 header: the end of the last field that every version 3 header has.</summary>
    public static readonly int Version3MinLength = All.Size;

    /// <summary>0 zlib, 1 zstd. Exists if header_length is above 104.</summary>
    public static readonly Field CompressionType =
        All.Add("compression_type", 1, FieldStyle.Decimal, "compression: 0 zlib, 1 zstd", since: 3, padding: 7);

    /// <summary>The header length that QEMU 7.2 writes. A row after this line is a field that it neither reads nor writes.</summary>
    public static readonly int Version3Length = All.Size;
}
