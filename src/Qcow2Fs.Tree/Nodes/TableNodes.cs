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

        SnapshotEntry? Find(ReadView view) =>
            Snapshots.OffsetOf(view, index) is { } offset ? SnapshotsOf(view).At(index, offset) : null;
    }

    private static FixedDirectory Bitmap(int index, string name)
    {
        return new(name,
        [
            .. BitmapFields.All.Select(f => Field(f, view => Find(view) is { } entry ? entry[f] : null)),
            Text("extra_data", view => Find(view)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            Text("name", view => Find(view)?.ReadName()),
        ]);

        BitmapEntry? Find(ReadView view) =>
            Bitmaps.OffsetOf(view, index) is { } offset ? BitmapsOf(view)?.At(index, offset) : null;
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
/// A table elsewhere in the image: a directory per entry, read-only. As far as the table decodes, its entries are shown; why
/// not further is in the file problems.
/// </summary>
/// <param name="name">The directory's name.</param>
/// <param name="entries">The names and offsets of the entries, in the table's order; each name is another.</param>
/// <param name="entry">The directory of the entry of that index, which has that name.</param>
internal sealed class TableDirectory(
    string name, Func<ReadView, IEnumerable<(string Name, long Offset)>> entries, Func<int, string, DirectoryNode> entry)
    : DirectoryNode(name)
{
    internal override bool IsWritable => false;

    internal override bool IsAlwaysThere => true;

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name)
    {
        var wanted = Encoding.UTF8.GetString(name);
        return IndexOf(view).Find(wanted) is >= 0 and var index ? entry(index, wanted) : null;
    }

    internal override IReadOnlyList<Node> List(ReadView view)
    {
        var names = IndexOf(view).Names;
        return new NodeList(names.Count, index => entry(index, names[index]));
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

    private readonly Dictionary<string, int> _indexes = [];
    private readonly List<string> _names = [];
    private readonly List<long> _offsets = [];

    /// <summary>The index of a table with these entries.</summary>
    public TableIndex(IEnumerable<(string Name, long Offset)> entries)
    {
        var characters = 0L;
        foreach (var (name, offset) in entries)
        {
            _indexes.Add(name, _names.Count);
            _names.Add(name);
            _offsets.Add(offset);
            characters += name.Length;
        }

        IsSmall = characters <= MaxCharacters;
    }

    /// <summary>The names, in the table's order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Whether it is worth its memory after the operation that made it.</summary>
    public bool IsSmall { get; }

    /// <summary>The index of the entry of that name, from 0 on, or -1.</summary>
    public int Find(string name) => _indexes.GetValueOrDefault(name, -1);

    /// <summary>Where the entry of that index starts in the image; null if there is none.</summary>
    public long? OffsetOf(int index) => index < _offsets.Count ? _offsets[index] : null;
}
