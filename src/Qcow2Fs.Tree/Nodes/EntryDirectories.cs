namespace Qcow2Fs.Tree.Nodes;

/// <summary>The entries of a table: a file for each one that is not 0, under its index; the others can be created.</summary>
/// <param name="name">The directory's name.</param>
/// <param name="find">The entries; null if nothing leads to the table.</param>
/// <param name="make">The file of an entry.</param>
internal sealed class EntryDirectory(
    string name, Func<TableContext, IEntries?> find, Func<string, long, Func<TableContext, EntryPosition?>, EntryNode> make)
    : DirectoryNode(name)
{
    private const string SecondWord = ".bitmap";

    /// <summary>Whether the directory exists in every image.</summary>
    public bool IsFixed { get; init; }

    /// <summary>Whether the entries have two words with extended L2 entries.</summary>
    public bool HasL2Entries { get; init; }

    internal override bool IsAlwaysThere => IsFixed;

    internal override bool Exists(ReadView view) => IsFixed || find(view.Tables) is not null;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name)
    {
        var isSecond = HasTwoWords(view.Header) && name.EndsWith(".bitmap"u8);
        return TreePath.TryParseIndex(isSecond ? name[..^SecondWord.Length] : name, out var index)
            && index < CountIn(view)
            ? NodeAt(view.Header, HasTwoWords(view.Header) ? (2 * index) + (isSecond ? 1 : 0) : index)
            : null;
    }

    internal override IEnumerable<(Node? Node, long Next)> List(ReadView view, long after)
    {
        var tables = view.Tables;
        var entries = find(tables);
        for (var from = Math.Max(0, after); from < entries?.Count && entries.Next(tables.Bytes, from) is { } next;)
        {
            from = next.IsUsed ? next.Index + 1 : next.Index;
            yield return (next.IsUsed ? NodeAt(view.Header, next.Index) : null, from);
        }
    }

    internal override TreeException RefuseName(ReadView view, string name) => CountIn(view) is > 0 and var count
        ? name is ['0', ..] && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < count
            ? new(Errno.EINVAL, $"{name} is not the name of an entry: write {index}, without zeros before it")
        : new(Errno.EINVAL, $"{name} is not an index of this table, which has {count} entries: write a number from 0 to {count - 1}")
        : new(Errno.EINVAL, $"{name} is not an index of this table, which has no entries");

    private bool HasTwoWords(Header header) => HasL2Entries && header.HasExtendedL2();

    private long CountIn(ReadView view) => (find(view.Tables)?.Count ?? 0) / (HasTwoWords(view.Header) ? 2 : 1);

    private EntryNode NodeAt(Header header, long index)
    {
        var (number, isSecond) = HasTwoWords(header) ? (index / 2, index % 2 != 0) : (index, false);
        var name = number.ToString(CultureInfo.InvariantCulture) + (isSecond ? SecondWord : "");
        return make(name, index, tables => find(tables) is { } entries && index < entries.Count ? entries.Find(tables.Bytes, index) : null);
    }
}

/// <summary>The L2 tables of an L1 table: a directory for each entry that leads to one.</summary>
internal sealed class L2Directory(string name, Func<TableContext, EntryTable?> findL1) : DirectoryNode(name)
{
    // A window of the L1 table: so many entries may lead nowhere before somebody else has a turn.
    private const int EmptyPart = 8192;

    /// <summary>Whether the directory exists in every image.</summary>
    public bool IsFixed { get; init; }

    internal override bool IsAlwaysThere => IsFixed;

    internal override bool IsWritable => false;

    internal override bool Exists(ReadView view) => IsFixed || findL1(view.Tables) is not null;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name) =>
        TreePath.TryParseIndex(name, out var index) && findL1(view.Tables) is { } l1 && index < l1.Count ? NodeAt(index) : null;

    internal override IEnumerable<(Node? Node, long Next)> List(ReadView view, long after)
    {
        var tables = view.Tables;
        var l1 = findL1(tables);
        for (var from = Math.Max(0, after); from < l1?.Count && l1.Next(tables.Bytes, from) is { } next;)
        {
            from = next.Index + 1;
            var leadsToTable = ImageTables.L2(view.Header, tables.Bytes, l1, next.Index) is not null;
            if (leadsToTable || from % EmptyPart == 0)
            {
                yield return (leadsToTable ? NodeAt(next.Index) : null, from);
            }
        }
    }

    private EntryDirectory NodeAt(long index) => new(
        index.ToString(CultureInfo.InvariantCulture),
        tables => findL1(tables) is { } l1 && index < l1.Count ? ImageTables.L2(tables.Header, tables.Bytes, l1, index) : null,
        EntryNodes.L2)
    {
        HasL2Entries = true,
    };
}
