namespace Qcow2Fs.Cli.Mount;

/// <summary>Open files and directories by number. Numbers are used again, so the table is as large as most were open at once.</summary>
internal sealed class HandleTable
{
    private readonly List<object?> _slots = [];
    private readonly Stack<int> _free = [];

    public object this[ulong handle] => _slots[(int)handle]!;

    /// <summary>What is open.</summary>
    public IEnumerable<object> All => _slots.OfType<object>();

    public ulong Add(object opened)
    {
        if (_free.TryPop(out var slot))
        {
            _slots[slot] = opened;
            return (ulong)slot;
        }

        _slots.Add(opened);
        return (ulong)_slots.Count - 1;
    }

    public void Remove(ulong handle)
    {
        _slots[(int)handle] = null;
        _free.Push((int)handle);
    }
}
