namespace Qcow2Fs.Check;

/// <summary>Bytes of an image as QEMU sees them: C strings.</summary>
internal static class ImageText
{
    /// <summary>The bytes as text, to the first zero byte. Invalid UTF-8 is replaced.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(CString.Of(bytes));
}

/// <summary>Finds names that occur twice without keeping them: it keeps hashes, and reads a name again where two are equal.</summary>
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
            _entriesByHash[key] = entries = [];
        }

        foreach (var other in entries)
        {
            if (CString.Of(read(other)).SequenceEqual(name))
            {
                return false;
            }
        }

        entries.Add(entry);
        return true;
    }
}
