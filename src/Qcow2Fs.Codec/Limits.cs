namespace Qcow2Fs.Codec;

/// <summary>
/// The numbers above which QEMU 7.2 refuses an image (block/qcow2.h, qcow2-bitmap.c, qcow2-snapshot.c) or the specification
/// forbids a value. Lengths and sizes are bytes.
/// </summary>
public static class Limits
{
    /// <summary>A backing file's name (specification, "Header").</summary>
    public const int BackingFileName = 1023;

    /// <summary>A backing format: QEMU keeps it in 16 bytes, with a zero byte.</summary>
    public const int BackingFormat = 15;

    /// <summary>A bitmap's name.</summary>
    public const int BitmapName = 1023;

    /// <summary>The number of persistent bitmaps.</summary>
    public const int Bitmaps = 65535;

    /// <summary>The bitmap directory: 1024 for each bitmap.</summary>
    public const long BitmapDirectory = Bitmaps * 1024L;

    /// <summary>The number of entries in a bitmap's table.</summary>
    public const uint BitmapTableEntries = 0x8000000;

    /// <summary>The clusters that a bitmap's table can name.</summary>
    public const ulong BitmapData = 0x20000000;

    /// <summary>The number of internal snapshots.</summary>
    public const int Snapshots = 65536;

    /// <summary>The snapshot table.</summary>
    public const long SnapshotTable = 64 << 20;

    /// <summary>The extra data of a table's entry.</summary>
    public const int ExtraData = 1024;

    /// <summary>The number of entries in an L1 table of 32 MiB, 8 bytes each.</summary>
    public const int L1Entries = (32 << 20) / 8;

    /// <summary>The refcount table.</summary>
    public const int RefcountTable = 8 << 20;

    /// <summary>The largest cluster in which QEMU writes no feature name table, to leave room for other extensions.</summary>
    public const int ClusterWithoutFeatureNames = 4096;

    /// <summary>The largest file offset; a read that ends above it fails.</summary>
    public const ulong FileOffset = 0x7fffffffc0000000;
}

/// <summary>Rounds up to the alignment of extensions and table entries.</summary>
public static class Align
{
    /// <summary>The smallest multiple of 8 that is not below the value.</summary>
    public static int To8(int value) => (value + 7) & ~7;

    /// <inheritdoc cref="To8(int)"/>
    public static long To8(long value) => (value + 7) & ~7L;
}
