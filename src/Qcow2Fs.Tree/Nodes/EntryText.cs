using System.Numerics;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>What entries of tables say, in words.</summary>
internal static class EntryText
{
    private const ulong Copied = 1UL << 63;
    private const ulong Compressed = 1UL << 62;
    private const int SubclusterCount = 32;

    /// <summary>An entry of an L1 table.</summary>
    public static string L1(TableContext tables, ulong value) =>
        ((value & ImageTables.OffsetMask) is not 0 and var offset ? $"L2 table at 0x{offset:x}" : "no L2 table") + CopiedText(value);

    /// <summary>An entry of an L2 table (specification, "L2 table entry").</summary>
    public static string L2(TableContext tables, ulong value)
    {
        var header = tables.Header;
        if ((value & Compressed) != 0)
        {
            var offsetBits = 62 - (BitOperations.Log2((uint)header.ClusterSize) - 8);
            var sectors = (value & (Compressed - 1)) >> offsetBits;
            return $"compressed, {Count(sectors + 1, "sector")} at 0x{value & ((1UL << offsetBits) - 1):x}{CopiedText(value)}";
        }

        var offset = value & ImageTables.OffsetMask;
        // With an external data file 0 is an offset, too: the copied flag says that the cluster is allocated.
        var isData = offset != 0 || (header.HasExternalData() && (value & Copied) != 0);
        var isZero = (value & 1) != 0 && header.Version >= 3 && !header.HasExtendedL2();
        return (isZero ? offset == 0 ? "zero" : $"zero, cluster at 0x{offset:x}"
            : isData ? $"data at 0x{offset:x}{(header.HasExternalData() ? " of the data file" : "")}" : "no data") + CopiedText(value);
    }

    /// <summary>The second word of an extended L2 entry.</summary>
    public static string Subclusters(ulong value) =>
        $"{Count((ulong)BitOperations.PopCount((uint)value), "subcluster")} allocated, " +
        $"{BitOperations.PopCount(value >> SubclusterCount)} zero";

    /// <summary>An entry of the refcount table.</summary>
    public static string RefcountTable(TableContext tables, ulong value) =>
        (value & ImageTables.RefcountBlockMask) is not 0 and var offset ? $"refcount block at 0x{offset:x}" : "no refcount block";

    /// <summary>An entry of a bitmap's table.</summary>
    public static string Bitmap(TableContext tables, ulong value) => new BitmapTableEntry(value) switch
    {
        { Offset: not 0 and var offset } => $"bits at 0x{offset:x}",
        { IsAllOnes: true } => "all ones",
        _ => "all zeros",
    };

    private static string CopiedText(ulong value) => (value & Copied) != 0 ? ", copied" : "";

    private static string Count(ulong count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
