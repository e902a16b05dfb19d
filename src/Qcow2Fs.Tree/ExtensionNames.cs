using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree;

/// <summary>
/// The names of extensions that share a magic: 0x..., 0x....2, and so on. A name belongs to its extension while the view
/// lives: removing the first of three leaves .2 and .3, so that a list of names made before can be worked off.
/// </summary>
internal sealed class ExtensionNames
{
    // Only magics whose numbers are not simply 1, 2, 3 in the order of the list; the order of the array is the list's.
    private readonly Dictionary<uint, int[]> _ordinals = [];

    private Header? _indexed;

    // Magic in the upper half, place in the list in the lower, sorted: a 2 MiB cluster holds 262,000 extensions.
    private ulong[] _places = [];

    /// <summary>Whether all names are simply those of their places.</summary>
    public bool IsEmpty => _ordinals.Count == 0;

    /// <summary>Lets go of what can be read again.</summary>
    public void DropCaches()
    {
        _indexed = null;
        _places = [];
    }

    /// <summary>All names are those of their places again.</summary>
    public void Clear() => _ordinals.Clear();

    /// <summary>The place in the header's list, or -1.</summary>
    public int IndexOf(Header header, uint magic, int ordinal)
    {
        var places = PlacesOf(header, magic);
        var at = _ordinals.TryGetValue(magic, out var known) ? Array.IndexOf(Fit(known, places.Length), ordinal) : ordinal - 1;
        return (uint)at < (uint)places.Length ? Place(places[at]) : -1;
    }

    /// <summary>The extensions under their names, in on-disk order, and the malformed rest if there is one.</summary>
    public IReadOnlyList<Node> List(Header header, Node malformed)
    {
        Index(header);
        var ordinals = new int[_places.Length];
        for (var at = 0; at < _places.Length;)
        {
            var magic = Magic(_places[at]);
            var places = PlacesOf(header, magic);
            var known = _ordinals.TryGetValue(magic, out var some) ? Fit(some, places.Length) : null;
            for (var i = 0; i < places.Length; i++)
            {
                ordinals[Place(places[i])] = known?[i] ?? i + 1;
            }

            at += places.Length;
        }

        var items = header.Extensions.Items;
        return new NodeList(
            ordinals.Length + (header.Extensions.IsMalformed ? 1 : 0),
            i => i < ordinals.Length ? new ExtensionNode(items[i].Magic, ordinals[i]) : malformed);
    }

    /// <summary>The extension of that name was taken out of the list of <paramref name="before"/>.</summary>
    public void Removed(Header before, uint magic, int ordinal) => Set(magic, OrdinalsOf(before, magic).Where(o => o != ordinal));

    /// <summary>The extension of that name was put at the end of the list of <paramref name="before"/>.</summary>
    public void Added(Header before, uint magic, int ordinal) => Set(magic, OrdinalsOf(before, magic).Append(ordinal));

    /// <summary>An extension of <paramref name="before"/> took another name in its own place of the list; whoever had it is gone.</summary>
    public void Renamed(Header before, (uint Magic, int Ordinal) from, (uint Magic, int Ordinal) to)
    {
        var index = IndexOf(before, from.Magic, from.Ordinal);
        var replaced = IndexOf(before, to.Magic, to.Ordinal);
        var ordinals = OrdinalsOf(before, to.Magic);
        var left = PlacesOf(before, to.Magic).ToArray().Select((key, i) => (Place: Place(key), Ordinal: ordinals[i])).Where(n => n.Place != replaced && n.Place != index);
        Set(from.Magic, OrdinalsOf(before, from.Magic).Where(o => o != from.Ordinal));
        Set(to.Magic, left.Append((Place: index, to.Ordinal)).OrderBy(n => n.Place).Select(n => n.Ordinal));
    }

    private static uint Magic(ulong key) => (uint)(key >> 32);

    private static int Place(ulong key) => (int)(uint)key;

    private int[] OrdinalsOf(Header header, uint magic) => Fit(_ordinals.GetValueOrDefault(magic, []), PlacesOf(header, magic).Length);

    // Someone else added or removed some: who is who cannot be known, so places keep their numbers.
    private static int[] Fit(int[] ordinals, int count)
    {
        if (ordinals.Length >= count)
        {
            return ordinals.Length == count ? ordinals : ordinals[..count];
        }

        var fitted = ordinals.ToList();
        var used = fitted.ToHashSet();
        for (var next = 1; fitted.Count < count; next++)
        {
            if (used.Add(next))
            {
                fitted.Add(next);
            }
        }

        return [.. fitted];
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

    private ReadOnlySpan<ulong> PlacesOf(Header header, uint magic)
    {
        Index(header);
        var start = FirstFrom((ulong)magic << 32);
        return _places.AsSpan(start, FirstFrom(((ulong)magic << 32) | uint.MaxValue) - start);
    }

    private int FirstFrom(ulong key)
    {
        var at = Array.BinarySearch(_places, key);
        return at < 0 ? ~at : at;
    }

    private void Index(Header header)
    {
        if (ReferenceEquals(header, _indexed))
        {
            return;
        }

        var items = header.Extensions.Items;
        _places = new ulong[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            _places[i] = ((ulong)items[i].Magic << 32) + (uint)i;
        }

        Array.Sort(_places);
        _indexed = header;
    }
}
