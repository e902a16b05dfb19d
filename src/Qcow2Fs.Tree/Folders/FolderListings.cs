namespace Qcow2Fs.Tree.Folders;

/// <summary>The names that an open folder lists: those when it was opened, or null once it has lost them.</summary>
internal sealed class FolderListing(IReadOnlyList<IEntry> entries)
{
    public IReadOnlyList<IEntry>? Entries { get; set; } = entries;
}

/// <summary>
/// The lists of open folders. To make one, the start of each file is read, so a folder keeps what it found when it was opened. Of long ones
/// only those that were opened last keep it; others list what is there when they are read on.
/// </summary>
internal sealed class FolderListings
{
    private const int MaxLong = 4;
    private const int LongCount = 1024;

    // The oldest first.
    private readonly List<FolderListing> _long = [];

    public FolderListing Add(IReadOnlyList<IEntry> entries)
    {
        var listing = new FolderListing(entries);
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

    public void Remove(FolderListing listing) => _long.Remove(listing);
}
