using Qcow2Fs.Codec;

namespace Qcow2Fs.View.Tables;

/// <summary>
/// The indexes of an image's tables. Without them each question of each entry would walk the table again from its start.
/// </summary>
internal sealed class TableIndexes(ImageView view)
{
    private readonly Dictionary<TableDirectory, TableIndex> _kept = [];

    /// <summary>Lets go of what can be read again.</summary>
    public void Forget() => _kept.Clear();

    /// <summary>The index of that table as it is now; the entries are enumerated only if it may have changed.</summary>
    public TableIndex Get(TableDirectory table, Header header, Func<IEnumerable<(string Name, long Offset)>> entries)
    {
        var status = view.Status();
        if (_kept.TryGetValue(table, out var index) && index.IsOf(header, status))
        {
            return index;
        }

        _kept.Remove(table);
        index = view.Reading(() => new TableIndex(header, status, entries()));
        if (index.CanBeKept(DateTimeOffset.UtcNow))
        {
            _kept.Add(table, index);
        }

        return index;
    }
}
