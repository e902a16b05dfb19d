using Qcow2Fs.Codec.Tables;

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
