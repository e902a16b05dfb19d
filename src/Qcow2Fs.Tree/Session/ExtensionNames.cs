namespace Qcow2Fs.Tree.Session;

/// <summary>
/// The names of extensions that share a magic: 0x..., 0x....2, and so on. A name stays with its extension while the mount lives:
/// removing the first of three leaves .2 and .3, so that <c>rm extensions/*</c> works off a list that it made before.
/// </summary>
internal sealed class ExtensionNames
{
    // Only magics whose ordinals are not simply 1, 2, 3 in the order of the list; the array is in the list's order.
    private readonly Dictionary<uint, int[]> _ordinals = [];

    private Header? _indexed;

    // Magic in the upper half, index in the list in the lower, sorted: a 2 MiB cluster holds 262,000 extensions.
    private ulong[] _keys = [];

    /// <summary>Whether all names follow from the list.</summary>
    public bool IsEmpty => _ordinals.Count == 0;

    /// <summary>Drops the index of the list, which can be made again.</summary>
    public void DropCaches() => (_indexed, _keys) = (null, []);

    /// <summary>All names follow from the list again.</summary>
    public void Clear() => _ordinals.Clear();

    /// <summary>The index in the header's list, or -1.</summary>
    public int IndexOf(Header header, uint magic, int ordinal)
    {
        var keys = KeysOf(header, magic);
        var at = _ordinals.TryGetValue(magic, out var known) ? Array.IndexOf(Fit(known, keys.Length), ordinal) : ordinal - 1;
        return (uint)at < (uint)keys.Length ? Index(keys[at]) : -1;
    }

    /// <summary>The extension at an index in the header's list, under its name.</summary>
    public ExtensionNode NodeAt(Header header, int index)
    {
        var (magic, ordinal) = NameAt(header, index);
        return new(magic, ordinal);
    }

    /// <summary>The name of the extension at an index in the header's list: magic, and ordinal among those of the same magic.</summary>
    public (uint Magic, int Ordinal) NameAt(Header header, int index)
    {
        var magic = header.Extensions.Items[index].Magic;
        var keys = KeysOf(header, magic);
        var at = keys.BinarySearch(Key(magic, index));
        return (magic, _ordinals.TryGetValue(magic, out var known) ? Fit(known, keys.Length)[at] : at + 1);
    }

    /// <summary>The extension of that name was removed from the list of <paramref name="before"/>.</summary>
    public void Removed(Header before, uint magic, int ordinal) => Set(magic, OrdinalsOf(before, magic).Where(o => o != ordinal));

    /// <summary>The extension of that name was appended to the list of <paramref name="before"/>.</summary>
    public void Added(Header before, uint magic, int ordinal) => Set(magic, OrdinalsOf(before, magic).Append(ordinal));

    /// <summary>An extension of <paramref name="before"/> kept its index and took another name; the one that had it is removed.</summary>
    public void Renamed(Header before, (uint Magic, int Ordinal) from, (uint Magic, int Ordinal) to)
    {
        var renamed = IndexOf(before, from.Magic, from.Ordinal);
        var replaced = IndexOf(before, to.Magic, to.Ordinal);
        var ordinals = OrdinalsOf(before, to.Magic);
        var kept = KeysOf(before, to.Magic).ToArray()
            .Select((key, i) => (Index: Index(key), Ordinal: ordinals[i]))
            .Where(e => e.Index != replaced && e.Index != renamed);
        Set(from.Magic, OrdinalsOf(before, from.Magic).Where(o => o != from.Ordinal));
        Set(to.Magic, kept.Append((Index: renamed, to.Ordinal)).OrderBy(e => e.Index).Select(e => e.Ordinal));
    }

    private static ulong Key(uint magic, int index) => ((ulong)magic << 32) + (uint)index;

    private static int Index(ulong key) => (int)(uint)key;

    private int[] OrdinalsOf(Header header, uint magic) => Fit(_ordinals.GetValueOrDefault(magic, []), KeysOf(header, magic).Length);

    // Another program added or removed some. Which ones cannot be known, so ordinals keep their order and new ones get the free numbers.
    private static int[] Fit(int[] ordinals, int count)
    {
        if (ordinals.Length >= count)
        {
            return ordinals.Length == count ? ordinals : ordinals[..count];
        }

        var used = ordinals.ToHashSet();
        var free = Enumerable.Range(1, count).Where(ordinal => !used.Contains(ordinal));
        return [.. ordinals, .. free.Take(count - ordinals.Length)];
    }

    private void Set(uint magic, IEnumerable<int> numbers)
    {
        int[] ordinals = [.. numbers];
        if (ordinals.Where((o, i) => o != i + 1).Any())
        {
            _ordinals[magic] = ordinals;
        }
        else
        {
            _ordinals.Remove(magic);
        }
    }

    private ReadOnlySpan<ulong> KeysOf(Header header, uint magic)
    {
        MakeIndex(header);
        var start = FirstFrom((ulong)magic << 32);
        return _keys.AsSpan(start, FirstFrom(((ulong)magic << 32) | uint.MaxValue) - start);
    }

    private int FirstFrom(ulong key)
    {
        var at = Array.BinarySearch(_keys, key);
        return at < 0 ? ~at : at;
    }

    private void MakeIndex(Header header)
    {
        if (!ReferenceEquals(header, _indexed))
        {
            _keys = [.. header.Extensions.Items.Select((item, i) => Key(item.Magic, i))];
            Array.Sort(_keys);
            _indexed = header;
        }
    }
}
