using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Tables;

/// <summary>
/// A table elsewhere in the image: a directory per entry, read-only. As far as the table decodes, its entries are shown; why
/// not further is in the file problems.
/// </summary>
/// <param name="name">The directory's name.</param>
/// <param name="entries">The names and offsets of the entries that there are now, in their order.</param>
/// <param name="entry">The directory of the entry at that place, which has that name.</param>
internal sealed class TableDirectory(
    string name, Func<ImageView, Header, IEnumerable<(string Name, long Offset)>> entries, Func<int, string, DirectoryNode> entry)
    : DirectoryNode(name)
{
    internal override bool IsWritable => false;

    internal override bool IsAlwaysThere => true;

    internal override Node? Find(ImageView view, ReadOnlySpan<byte> name)
    {
        var wanted = Encoding.UTF8.GetString(name);
        return IndexIn(view, view.Header).Find(wanted) is >= 0 and var place ? entry(place, wanted) : null;
    }

    internal override IReadOnlyList<Node> List(ImageView view, Header header)
    {
        var names = IndexIn(view, header).Names;
        return new NodeList(names.Count, place => entry(place, names[place]));
    }

    internal TableIndex IndexIn(ImageView view, Header header) => view.TableIndexCache.Get(this, header, () => entries(view, header));
}
