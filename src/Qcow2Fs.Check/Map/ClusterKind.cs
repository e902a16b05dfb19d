namespace Qcow2Fs.Check;

/// <summary>
/// What a host cluster holds. A cluster that several structures claim is of the kind that comes first here, so that the structures that
/// matter most are seen.
/// </summary>
public enum ClusterKind : byte
{
    /// <summary>The first cluster.</summary>
    Header,

    /// <summary>A part of the refcount table.</summary>
    RefcountTable,

    /// <summary>A refcount block.</summary>
    RefcountBlock,

    /// <summary>A part of the active L1 table.</summary>
    L1Table,

    /// <summary>A part of the snapshot table.</summary>
    SnapshotTable,

    /// <summary>A part of a snapshot's L1 table.</summary>
    SnapshotL1Table,

    /// <summary>A part of the bitmap directory.</summary>
    BitmapDirectory,

    /// <summary>A part of a bitmap's table.</summary>
    BitmapTable,

    /// <summary>A part of the LUKS header.</summary>
    LuksHeader,

    /// <summary>An L2 table that the active L1 table points at.</summary>
    L2Table,

    /// <summary>An L2 table of snapshots alone.</summary>
    SnapshotL2Table,

    /// <summary>A cluster of the guest's disk.</summary>
    Data,

    /// <summary>Compressed clusters of the guest's disk, or parts of them.</summary>
    CompressedData,

    /// <summary>Data of snapshots alone.</summary>
    SnapshotData,

    /// <summary>Bits of a bitmap.</summary>
    BitmapData,

    /// <summary>Nothing refers to the cluster, but its refcount is not 0.</summary>
    Leaked,

    /// <summary>Nothing refers to the cluster, and its refcount is 0.</summary>
    Free,
}

/// <summary>What is wrong with a host cluster's refcount.</summary>
public enum ClusterError : byte
{
    /// <summary>It is the number of references.</summary>
    None,

    /// <summary>It is above the number of references: the cluster, or a part of what it could hold, is lost.</summary>
    Leak,

    /// <summary>It is below the number of references: QEMU may give the cluster to something else.</summary>
    Corruption,
}

/// <summary>The kinds of clusters as text.</summary>
public static class ClusterKindText
{
    /// <summary>All kinds, in the order of their values.</summary>
    public static readonly ImmutableArray<ClusterKind> All = [.. Enum.GetValues<ClusterKind>()];

    private static readonly ImmutableArray<string> s_names =
    [
        "header", "refcount table", "refcount block", "L1 table", "snapshot table", "snapshot L1 table", "bitmap directory", "bitmap table",
        "LUKS header", "L2 table", "snapshot L2 table", "data", "compressed data", "snapshot data", "bitmap data", "leaked", "free",
    ];

    /// <summary>The kind's name.</summary>
    public static string ToText(this ClusterKind kind) => s_names[(int)kind];
}
