namespace Qcow2Fs.Tree.Nodes;

/// <summary>The directories of the snapshot table and of the bitmap directory, made from the codec's tables of their fields.</summary>
internal static class TableNodes
{
    /// <summary>snapshots/N: entries by their index, from 0 on, as QEMU's messages number them.</summary>
    public static readonly TableDirectory Snapshots = new(
        "snapshots",
        view => SnapshotsOf(view).Entries.Select(e => (e.Index.ToString(CultureInfo.InvariantCulture), e.Offset)),
        Snapshot);

    /// <summary>bitmaps/NAME: entries by their names, made safe (<see cref="TreePath.EntryName"/>).</summary>
    public static readonly TableDirectory Bitmaps = new(
        "bitmaps",
        view => TreePath.UniqueEntryNames((BitmapsOf(view)?.Entries ?? []).Select(e => (e.ReadName(), e.Offset))),
        Bitmap);

    private static FixedDirectory Snapshot(int index, string name)
    {
        return new(name,
        [
            .. SnapshotFields.All.Select(f => Field(f, view => Find(view) is { } entry && entry.Has(f) ? entry[f] : null)),
            Text("extra_data", view => Find(view)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            Text("id_str", view => Find(view)?.ReadId()),
            Text("name", view => Find(view)?.ReadName()),
        ]);

        SnapshotEntry? Find(ReadView view) => Snapshots.OffsetOf(view, index) is { } offset ? SnapshotsOf(view).At(index, offset) : null;
    }

    private static FixedDirectory Bitmap(int index, string name)
    {
        return new(name,
        [
            .. BitmapFields.All.Select(f => Field(f, view => Find(view) is { } entry ? entry[f] : null)),
            Text("extra_data", view => Find(view)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            Text("name", view => Find(view)?.ReadName()),
        ]);

        BitmapEntry? Find(ReadView view) => Bitmaps.OffsetOf(view, index) is { } offset ? BitmapsOf(view)?.At(index, offset) : null;
    }

    private static SnapshotTable SnapshotsOf(ReadView view) => SnapshotTable.Of(view.Header, view.Bytes);

    private static BitmapDirectory? BitmapsOf(ReadView view) => BitmapDirectory.Of(view.Header, view.Bytes);

    private static ReadOnlyNode Field(Field field, Func<ReadView, ulong?> value) => Text(
        field.Name, view => value(view) is { } number ? Encoding.ASCII.GetBytes(NumberText.Format(number, field.Style)) : null);

    private static ReadOnlyNode Text(string name, Func<ReadView, byte[]?> value) => new(
        name, view => value(view) is { } text ? (byte[])[.. text, (byte)'\n'] : default(ReadOnlyMemory<byte>?));

    private static byte[] Hex(byte[] data) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(data));
}

/// <summary>
/// A table elsewhere in the image: a directory per entry, read-only. As far as the table decodes, its entries are shown, in its order and
/// each under another name; why not further is in the file problems.
/// </summary>
internal sealed class TableDirectory(
    string name, Func<ReadView, IEnumerable<(string Name, long Offset)>> entries, Func<int, string, DirectoryNode> entry)
    : DirectoryNode(name)
{
    internal override bool IsWritable => false;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name)
    {
        var wanted = Encoding.UTF8.GetString(name);
        return IndexOf(view).Find(wanted) is >= 0 and var index ? entry(index, wanted) : null;
    }

    internal override IReadOnlyList<Node> List(ReadView view)
    {
        var index = IndexOf(view);
        return new NodeList(index.Count, at => entry(at, index.NameOf(at)));
    }

    /// <summary>Where the entry of that index starts in the image; null if there is none.</summary>
    internal long? OffsetOf(ReadView view, int index) => IndexOf(view).OffsetOf(index);

    private TableIndex IndexOf(ReadView view) => view.Session.IndexOf(this, view, v => new(entries(v)));
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

    /// <summary>The index of the entry of that name, from 0 on, or -1.</summary>
    public int Find(string name) => _indexes.GetValueOrDefault(name, -1);

    /// <summary>Where the entry of that index starts in the image; null if there is none.</summary>
    public long? OffsetOf(int index) => index < Count ? _entries[index].Offset : null;

    public string NameOf(int index) => _entries[index].Name;
}
