namespace Qcow2Fs.Check;

/// <summary>The part of an image that a finding is about. The nested records are all that there are.</summary>
public abstract record Subject
{
    private Subject() { }

    internal static HeaderField Of(Field field) => new(field);

    internal static FeatureBit Of(FeatureGroup group, int bit) => new(group, bit);

    internal static Snapshot Of(SnapshotEntry entry) => new(entry.Index);

    internal static Bitmap Of(BitmapEntry entry, bool isDuplicate = false) => new(entry.Index, entry.ReadName(), isDuplicate);

    /// <summary>The extension at <paramref name="index"/> in the header's list.</summary>
    internal static HeaderExtension OfExtension(Header header, int index)
    {
        var items = header.Extensions.Items;
        var magic = items[index].Magic;
        return new(magic, items.Take(index + 1).Count(item => item.Magic == magic));
    }

    /// <summary>The first cluster as a whole.</summary>
    public sealed record HeaderCluster : Subject;

    /// <summary>A fixed field of the header.</summary>
    public sealed record HeaderField(Field Field) : Subject;

    /// <summary>A feature bit, 0 to 63.</summary>
    public sealed record FeatureBit(FeatureGroup Group, int Bit) : Subject;

    /// <summary>The list of header extensions.</summary>
    public sealed record HeaderExtensions : Subject;

    /// <summary>The part of the list that cannot be decoded.</summary>
    public sealed record MalformedExtensions : Subject;

    /// <summary>A header extension; the ordinal is its number among those of the same magic, from 1 on.</summary>
    public sealed record HeaderExtension(uint Magic, int Ordinal = 1) : Subject;

    /// <summary>A field in the payload of an extension that has a directory (<see cref="KnownExtension.Directory"/>).</summary>
    public sealed record ExtensionField(KnownExtension Extension, Field Field) : Subject;

    /// <summary>The backing file's name.</summary>
    public sealed record BackingFile : Subject;

    /// <summary>The backing file's format.</summary>
    public sealed record BackingFormat : Subject;

    /// <summary>The external data file's name.</summary>
    public sealed record DataFile : Subject;

    /// <summary>An entry of the bitmap directory.</summary>
    /// <param name="Index">Its index, from 0 on.</param>
    /// <param name="Name">Its name as in the image; null if it cannot be found.</param>
    /// <param name="IsDuplicate">Whether an earlier bitmap has the same name.</param>
    public sealed record Bitmap(int Index, ReadOnlyMemory<byte>? Name = null, bool IsDuplicate = false) : Subject;

    /// <summary>An entry of the snapshot table, by its index from 0 on.</summary>
    public sealed record Snapshot(int Index) : Subject;

    /// <summary>An entry of an L1 table: of the snapshot with that index, or of the active one.</summary>
    public sealed record L1Entry(int? OfSnapshot, long Index) : Subject;

    /// <summary>An entry of the L2 table that an entry of an L1 table points at.</summary>
    public sealed record L2Entry(int? OfSnapshot, long L1Index, long Index) : Subject;

    /// <summary>An entry of the refcount table.</summary>
    public sealed record RefcountTableEntry(long Index) : Subject;
}
