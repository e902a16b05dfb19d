using Qcow2Fs.Codec;
using Qcow2Fs.Image;

namespace Qcow2Fs.Tree.Tables;

/// <summary>Where the entries of a table are and how they are named, as one walk over the table found them.</summary>
internal sealed class TableIndex
{
    // Names of so many characters are kept; a table of more is walked anew by each operation.
    private const int MaxCharacters = 1 << 20;

    // File systems count time in steps: what was written in the step of the walk has the same time as the walk.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, int> _places = [];
    private readonly List<string> _names = [];
    private readonly List<long> _offsets = [];
    private readonly Header _header;
    private readonly ImageStatus _status;

    /// <summary>The index of a table with these entries, each with a name of its own.</summary>
    /// <param name="header">The header that names the table.</param>
    /// <param name="status">The status of the image file before the entries are enumerated.</param>
    /// <param name="entries">Name and offset in the image, in the table's order.</param>
    public TableIndex(Header header, in ImageStatus status, IEnumerable<(string Name, long Offset)> entries)
    {
        (_header, _status) = (header, status);
        var written = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(status.Ctime.Seconds, 0, int.MaxValue));
        var characters = 0;
        foreach (var (name, offset) in entries)
        {
            _places.Add(name, _names.Count);
            _names.Add(name);
            _offsets.Add(offset);
            characters += name.Length;
        }

        IsSettled = !status.IsBlockDevice && characters <= MaxCharacters && DateTimeOffset.UtcNow - written > s_settled;
    }

    /// <summary>The names, in the table's order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>
    /// Whether a later look at the file's times can tell that this index still holds. A block device's times say nothing of
    /// its content.
    /// </summary>
    public bool IsSettled { get; }

    /// <summary>Whether neither the header nor the file has changed since.</summary>
    public bool IsOf(Header header, in ImageStatus status) => ReferenceEquals(header, _header) && _status.IsUnchanged(status);

    /// <summary>The place of the entry of that name, from 0 on, or -1.</summary>
    public int Find(string name) => _places.GetValueOrDefault(name, -1);

    /// <summary>Where the entry at that place starts in the image; null if there is none.</summary>
    public long? OffsetOf(int place) => place < _offsets.Count ? _offsets[place] : null;
}
