namespace Qcow2Fs.Check;

/// <summary>
/// Finds names that occur twice without keeping the names: it keeps hashes, and reads a name again where two are equal.
/// </summary>
/// <param name="read">Reads the name of the entry at that offset.</param>
internal sealed class NameSet(Func<long, byte[]> read)
{
    private readonly Dictionary<int, List<long>> _entriesByHash = [];

    /// <summary>Adds the entry's name; false if an earlier entry has it.</summary>
    public bool Add(long entry, ReadOnlySpan<byte> name)
    {
        // Seeded anew in each process, so that an image cannot be made to collide.
        var hash = new HashCode();
        hash.AddBytes(name);
        var key = hash.ToHashCode();
        if (!_entriesByHash.TryGetValue(key, out var entries))
        {
            _entriesByHash[key] = [entry];
            return true;
        }

        foreach (var other in entries)
        {
            if (ImageText.CString(read(other)).SequenceEqual(name))
            {
                return false;
            }
        }

        entries.Add(entry);
        return true;
    }
}
