namespace Qcow2Fs.Cli.Mount;

/// <summary>
/// Which process has opened which file for reading, not long ago. Costs no memory of its own at a request; where two fall into one slot
/// the earlier is forgotten.
/// </summary>
internal sealed class RecentReads
{
    private readonly (int ProcessId, int PathHash)[] _slots = new (int, int)[4096];

    public void Add(int processId, ReadOnlySpan<byte> path)
    {
        var hash = Hash(path);
        Slot(hash) = (processId, hash);
    }

    public bool Contains(int processId, ReadOnlySpan<byte> path)
    {
        var hash = Hash(path);
        return Slot(hash) == (processId, hash);
    }

    private static int Hash(ReadOnlySpan<byte> path)
    {
        var hash = new HashCode();
        hash.AddBytes(path);
        return hash.ToHashCode();
    }

    private ref (int ProcessId, int PathHash) Slot(int hash) => ref _slots[(uint)hash % (uint)_slots.Length];
}
