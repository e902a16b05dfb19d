using System.Text;
using Qcow2Fs.Codec;

namespace Qcow2Fs.View.Nodes;

/// <summary>
/// A table elsewhere in the image: a directory per entry, read-only. As far as the table decodes, its entries are shown; why
/// not further is in the file problems.
/// </summary>
/// <param name="name">The directory's name.</param>
/// <param name="entries">The names of the entries that there are now, in their order.</param>
/// <param name="entry">The directory of the entry at that place, which has that name.</param>
internal sealed class TableDirectory(
    string name, Func<ImageView, Header, IEnumerable<string>> entries, Func<int, string, DirectoryNode> entry) : DirectoryNode(name)
{
    internal override bool IsWritable => false;

    internal override bool IsAlwaysThere => true;

    internal override Node? Find(ImageView view, ReadOnlySpan<byte> name)
    {
        var wanted = Encoding.UTF8.GetString(name);
        var found = view.Reading(() => entries(view, view.Header).Index().FirstOrDefault(e => e.Item == wanted));
        return found.Item is null ? null : entry(found.Index, found.Item);
    }

    internal override IReadOnlyList<Node> List(ImageView view, Header header) =>
        view.Reading(() => entries(view, header).Select((name, place) => entry(place, name)).ToList());
}
