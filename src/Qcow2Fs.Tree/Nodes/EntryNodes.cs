namespace Qcow2Fs.Tree.Nodes;

/// <summary>The directories of tables behind the header, and the files of their entries.</summary>
internal static class EntryNodes
{
    /// <summary>The active L1 table.</summary>
    public static readonly EntryDirectory ActiveL1 = L1("l1", tables => ImageTables.L1(tables.Header), isFixed: true);

    /// <summary>The active L2 tables.</summary>
    public static readonly L2Directory ActiveL2 = new("l2", tables => ImageTables.L1(tables.Header))
    {
        IsFixed = true,
        Summary = "the L2 tables that l1 leads to",
    };

    /// <summary>The refcount table.</summary>
    public static readonly EntryDirectory RefcountTable = new(
        "refcount_table",
        tables => ImageTables.RefcountTable(tables.Header),
        (name, _, find) => new(name, FieldStyle.Hex, find) { Describe = EntryText.RefcountTable })
    {
        IsFixed = true,
        Summary = "the refcount table",
    };

    /// <summary>The refcounts of all clusters.</summary>
    public static readonly EntryDirectory Refcounts = new(
        "refcounts",
        tables => new Refcounts(tables.Header),
        (name, cluster, find) => new(name, FieldStyle.Decimal, find)
        {
            Describe = (tables, _) => $"cluster at 0x{(UInt128)cluster * (uint)tables.Header.ClusterSize:x}",
            WhyAbsent = tables => new(Errno.ENOENT, WhyNoRefcount(tables, cluster)),
        })
    {
        IsFixed = true,
        Summary = "the refcount of each cluster of the file",
    };

    /// <summary>An L1 table.</summary>
    public static EntryDirectory L1(string name, Func<TableContext, EntryTable?> find, bool isFixed = false) => new(
        name, find, (name, _, find) => new(name, FieldStyle.Hex, find) { Describe = EntryText.L1 })
    {
        IsFixed = isFixed,
        Summary = "the L1 table",
    };

    /// <summary>An entry of an L2 table, or the second word of one.</summary>
    public static EntryNode L2(string name, long word, Func<TableContext, EntryPosition?> find) => new(name, FieldStyle.Hex, find)
    {
        Describe = (tables, value) => tables.Header.HasExtendedL2() && word % 2 != 0
            ? EntryText.Subclusters(value) : EntryText.L2(tables, value),
    };

    private static string WhyNoRefcount(TableContext tables, long cluster) =>
        new Refcounts(tables.Header).PerBlock is > 0 and var perBlock
            ? $"refcount_table/{cluster / perBlock} leads to no refcount block, which would hold the refcount of this cluster"
            : $"refcount_order is {tables.Header[HeaderFields.RefcountOrder]}, not 0 to {ImageTables.MaxRefcountOrder}";
}
