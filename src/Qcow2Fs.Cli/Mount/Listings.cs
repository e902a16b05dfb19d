namespace Qcow2Fs.Cli.Mount;

/// <summary>What an open directory lists: its entries when it was opened, or null once it has lost them.</summary>
internal sealed class Listing(IReadOnlyList<IEntry> entries)
{
    public IReadOnlyList<IEntry>? Entries { get; set; } = entries;
}

/// <summary>
/// The lists of open directories. A long one keeps a header of megabytes in memory, so only those that were opened last have theirs; a
/// directory that has lost it lists what is there when it is read on.
/// </summary>
internal sealed class Listings
{
    private const int MaxLong = 4;
    private const int LongCount = 1024;

    // The oldest first.
    private readonly List<Listing> _long = [];

    public Listing Add(IReadOnlyList<IEntry> entries)
    {
        var listing = new Listing(entries);
        if (entries.Count > LongCount)
        {
            if (_long.Count == MaxLong)
            {
                _long[0].Entries = null;
                _long.RemoveAt(0);
            }

            _long.Add(listing);
        }

        return listing;
    }

    public void Remove(Listing listing) => _long.Remove(listing);
}
