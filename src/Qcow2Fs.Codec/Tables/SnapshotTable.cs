namespace Qcow2Fs.Codec.Tables;

/// <summary>
/// The table of internal snapshots (specification, "Snapshots"). Entries are decoded while they are enumerated, none is kept,
/// and nothing is allocated by a number from the image.
/// </summary>
public sealed class SnapshotTable
{
    private readonly ImageReader _image;
    private readonly ulong _offset;

    private SnapshotTable(IImageBytes image, ulong offset, uint count)
    {
        _image = new(image);
        _offset = offset;
        Count = count;
    }

    /// <summary>The number of entries that the header gives.</summary>
    public uint Count { get; }

    /// <summary>
    /// The entries that can be decoded, in order. It stops where the table goes past a limit or starts an entry past the end
    /// of the file (<see cref="FindProblem"/>).
    /// </summary>
    /// <remarks>Enumerating can throw what <see cref="IImageBytes.Read"/> throws.</remarks>
    public IEnumerable<SnapshotEntry> Entries => Walk().TakeWhile(step => step.Problem is null).Select(step => step.Entry!);

    /// <summary>
    /// The entries, and behind them the one that goes past the limit by its own length: its fixed fields are there, what follows them is
    /// not known.
    /// </summary>
    /// <remarks>Enumerating can throw what <see cref="IImageBytes.Read"/> throws.</remarks>
    public IEnumerable<SnapshotEntry> Records => Walk().Where(step => step.Entry is not null).Select(step => step.Entry!);

    /// <summary>The table that the header names.</summary>
    public static SnapshotTable Of(Header header, IImageBytes image) =>
        new(image, header[HeaderFields.SnapshotOffset], (uint)header[HeaderFields.NbSnapshots]);

    /// <summary>The entry that an earlier walk found at that index and offset.</summary>
    public SnapshotEntry At(int index, long offset) => new(_image.ForTable(SnapshotFields.KnownSize), index, offset);

    /// <summary>Why not every entry can be decoded, as a sentence; null if all can. Walks the whole table.</summary>
    public string? FindProblem() => Walk().FirstOrDefault(step => step.Problem is not null).Problem;

    private IEnumerable<(SnapshotEntry? Entry, string? Problem)> Walk()
    {
        var at = 0L;
        for (var i = 0; i < Count; i++)
        {
            // The offset is compared before it is used as a signed number: it may be anything.
            if (i >= Limits.Snapshots)
            {
                yield return (null, $"the table has {Count} entries, above the limit of {Limits.Snapshots}");
                yield break;
            }

            if (_offset > (ulong)_image.Length || (long)_offset + at >= _image.Length)
            {
                yield return (null, $"entry {i} lies past the end of the file");
                yield break;
            }

            var entry = new SnapshotEntry(_image, i, (long)_offset + at);
            if (at + entry.Size > Limits.SnapshotTable)
            {
                yield return (entry,
                    $"entry {i} ends {at + entry.Size} bytes past the table's start, above the limit of {Limits.SnapshotTable}");
                yield break;
            }

            yield return (entry, null);
            at = Align.To8(at + entry.Size);
        }
    }
}
