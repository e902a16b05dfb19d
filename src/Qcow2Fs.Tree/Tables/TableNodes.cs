using System.Globalization;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Tables;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Tables;

/// <summary>The directories of the snapshot table and of the bitmap directory, made from the codec's tables of their fields.</summary>
internal static class TableNodes
{
    /// <summary>snapshots/N: entries by their place in the table, from 0 on, as QEMU's messages number them.</summary>
    public static readonly TableDirectory Snapshots = new(
        "snapshots",
        (view, header) => SnapshotsOf(view, header).Entries.Select(e => (e.Index.ToString(CultureInfo.InvariantCulture), e.Offset)),
        Snapshot);

    /// <summary>bitmaps/NAME: entries by their names, made safe (<see cref="TreePath.EntryName"/>).</summary>
    public static readonly TableDirectory Bitmaps = new(
        "bitmaps",
        (view, header) => TreePath.UniqueEntryNames((BitmapsOf(view, header)?.Entries ?? []).Select(e => (e.ReadName(), e.Offset))),
        Bitmap);

    private static FixedDirectory Snapshot(int place, string name)
    {
        return new(name,
        [
            .. SnapshotFields.All.Select(f => Field(f, view => Find(view) is { } entry && entry.Has(f) ? entry[f] : null)),
            new ReadOnlyNode("extra_data", view => Find(view)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            new ReadOnlyNode("id_str", view => Find(view)?.ReadId()),
            new ReadOnlyNode("name", view => Find(view)?.ReadName()),
        ]);

        SnapshotEntry? Find(ImageView view)
        {
            var header = view.Header;
            return Snapshots.IndexIn(view, header).OffsetOf(place) is { } offset
                ? view.Reading(() => SnapshotsOf(view, header).At(place, offset))
                : null;
        }
    }

    private static FixedDirectory Bitmap(int place, string name)
    {
        return new(name,
        [
            .. BitmapFields.All.Select(f => Field(f, view => Find(view) is { } entry ? entry[f] : null)),
            new ReadOnlyNode("extra_data", view => Find(view)?.ReadExtraData() is { Length: > 0 } data ? Hex(data) : null),
            new ReadOnlyNode("name", view => Find(view)?.ReadName()),
        ]);

        BitmapEntry? Find(ImageView view)
        {
            var header = view.Header;
            return Bitmaps.IndexIn(view, header).OffsetOf(place) is { } offset
                ? view.Reading(() => BitmapsOf(view, header)?.At(place, offset))
                : null;
        }
    }

    private static SnapshotTable SnapshotsOf(ImageView view, Header header) => SnapshotTable.Of(header, new ImageFileBytes(view.Image));

    private static BitmapDirectory? BitmapsOf(ImageView view, Header header) => BitmapDirectory.Of(header, new ImageFileBytes(view.Image));

    private static ReadOnlyNode Field(Field field, Func<ImageView, ulong?> value) =>
        new(field.Name, view => value(view) is { } number ? Encoding.ASCII.GetBytes(NumberText.Format(number, field.Style)) : null);

    private static byte[] Hex(byte[] data) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(data));
}
