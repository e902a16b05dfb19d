using Qcow2Fs.Codec;

namespace Qcow2Fs.Tree.Tables;

/// <summary>
/// The indexes of an image's tables. Without them each question of each entry would walk the table again from its start.
/// </summary>
internal sealed class TableIndexCache(ImageView view)
{
    private readonly Dictionary<TableDirectory, (TableIndex Index, int Moment)> _kept = [];

    /// <summary>Lets go of what can be read again.</summary>
    public void DropCaches() => _kept.Clear();

    /// <summary>The index of that table as it is now; the entries are enumerated only if it may have changed.</summary>
    public TableIndex Get(TableDirectory table, Header header, Func<IEnumerable<(string Name, long Offset)>> entries)
    {
        var status = view.Status();
        if (_kept.TryGetValue(table, out var kept) && kept.Index.IsOf(header, status) && (kept.Index.IsSettled || (view.IsInMoment && kept.Moment == view.CurrentMoment)))
        {
            return kept.Index;
        }

        var index = view.Reading(() => new TableIndex(header, status, entries()));
        _kept[table] = (index, view.CurrentMoment);
        return index;
    }
}
