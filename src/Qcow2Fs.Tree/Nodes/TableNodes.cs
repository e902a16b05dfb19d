namespace Qcow2Fs.Tree.Nodes;

/// <summary>The directories of the snapshot table and of the bitmap directory, made from the codec's tables of their fields.</summary>
internal static class TableNodes
{
    /// <summary>snapshots/N: entries by their index, from 0 on, as QEMU's messages number them.</summary>
    public static readonly TableDirectory Snapshots = new(
        "snapshots",
        tables => SnapshotTable.Of(tables.Header, tables.Bytes).Records
            .Select(e => (e.Index.ToString(CultureInfo.InvariantCulture), e.Offset)),
        Snapshot)
    {
        Summary = "the snapshot table",
    };

    /// <summary>
    /// bitmaps/NAME: entries by their names, made safe (<see cref="TreePath.EntryName"/>). One whose own length is wrong has no name that
    /// could be found, but is there: its length can be mended by its own file.
    /// </summary>
    public static readonly TableDirectory Bitmaps = new(
        "bitmaps",
        tables => TreePath.UniqueEntryNames(
            (BitmapDirectory.Of(tables.Header, tables.Bytes)?.Records ?? [])
                .Select(record => (record.IsCut ? null : record.Entry.ReadName(), record.Entry.Offset))),
        Bitmap)
    {
        Summary = "the bitmap directory",
    };

    private static FixedDirectory Snapshot(string name)
    {
        return new(name,
        [
            .. SnapshotFields.All.Select(field => Field(field, tables =>
                Find(tables) is { } entry && entry.Has(field) ? PositionOf(entry, field) : null)),
            Text("extra_data", tables => Find(tables)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            Text("id_str", tables => Find(tables)?.ReadId()),
            Text("name", tables => Find(tables)?.ReadName()),
            EntryNodes.L1("l1", L1),
            new L2Directory("l2", L1) { Summary = "the L2 tables that l1 leads to" },
        ]);

        SnapshotEntry? Find(TableContext tables) => tables.IndexOf(Snapshots).Find(name) is { } found
            ? SnapshotTable.Of(tables.Header, tables.Bytes).At(found.Index, found.Offset) : null;

        EntryTable? L1(TableContext tables) => Find(tables) is { } entry ? ImageTables.L1(entry) : null;
    }

    private static FixedDirectory Bitmap(string name)
    {
        return new(name,
        [
            .. BitmapFields.All.Select(field => Field(field, tables => Find(tables) is { } entry ? PositionOf(entry, field) : null)),
            Text("extra_data", tables => Find(tables)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            Text("name", tables => Find(tables)?.ReadName()),
            new EntryDirectory(
                "table",
                tables => Find(tables) is { } entry ? ImageTables.BitmapTable(tables.Header, entry) : null,
                (name, _, find) => new(name, FieldStyle.Hex, find) { Describe = EntryText.Bitmap })
            {
                Summary = "the bitmap's table",
            },
        ]);

        BitmapEntry? Find(TableContext tables) => tables.IndexOf(Bitmaps).Find(name) is { } found
            ? BitmapDirectory.Of(tables.Header, tables.Bytes)?.At(found.Index, found.Offset) : null;
    }

    private static EntryPosition PositionOf(TableEntry entry, Field field) => new(entry.Offset + field.Offset, 8 * field.Width);

    private static EntryNode Field(Field field, Func<TableContext, EntryPosition?> find) =>
        new(field.Name, field.Style, find) { IsField = true, Summary = field.Summary };

    private static ReadOnlyNode Text(string name, Func<TableContext, byte[]?> value) => new(
        name, view => value(view.Tables) is { } text ? (byte[])[.. text, (byte)'\n'] : default(ReadOnlyMemory<byte>?));

    private static byte[] Hex(byte[] data) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(data));
}

/// <summary>
/// A table of records elsewhere in the image: a directory per record. As far as the table decodes, its records are shown, in its order and
/// each under another name; why not further is in the file problems.
/// </summary>
internal sealed class TableDirectory(
    string name, Func<TableContext, IEnumerable<(string Name, long Offset)>> entries, Func<string, DirectoryNode> entry)
    : DirectoryNode(name)
{
    internal override bool IsWritable => false;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name)
    {
        var wanted = Encoding.UTF8.GetString(name);
        return view.Tables.IndexOf(this).Find(wanted) is null ? null : entry(wanted);
    }

    internal override IEnumerable<(Node? Node, long Next)> List(ReadView view, long after)
    {
        var index = view.Tables.IndexOf(this);
        return ListByIndex(index.Count, after, at => entry(index.NameOf(at)));
    }

    /// <summary>The names of all entries and where they start, by a walk over the table.</summary>
    internal IEnumerable<(string Name, long Offset)> EntriesIn(TableContext tables) => entries(tables);
}

/// <summary>Where the entries of a table are and how they are named, as one walk over the table found them.</summary>
internal sealed class TableIndex
{
    // Names of so many characters are kept; a table of more is walked anew by each operation.
    private const int MaxCharacters = 1 << 20;

    private readonly List<(string Name, long Offset)> _entries;
    private readonly Dictionary<string, int> _indexes;

    /// <summary>The index of a table with these entries.</summary>
    public TableIndex(IEnumerable<(string Name, long Offset)> entries)
    {
        _entries = [.. entries];
        _indexes = _entries.Select((entry, index) => (entry.Name, index)).ToDictionary();
        IsSmall = _entries.Sum(entry => (long)entry.Name.Length) <= MaxCharacters;
    }

    public int Count => _entries.Count;

    /// <summary>Whether it is worth its memory after the operation that made it.</summary>
    public bool IsSmall { get; }

    /// <summary>The index of the entry of that name, from 0 on, and where it starts in the image; null if there is none.</summary>
    public (int Index, long Offset)? Find(string name) =>
        _indexes.TryGetValue(name, out var index) ? (index, _entries[index].Offset) : null;

    public string NameOf(int index) => _entries[index].Name;
}
