using System.Collections;
using System.Runtime.InteropServices;
using Qcow2Fs.Codec;
using Qcow2Fs.View.Nodes;

namespace Qcow2Fs.View;

/// <summary>
/// The names of extensions that share a magic: 0x..., 0x....2, and so on. A name belongs to its extension while the view
/// lives: removing the first of three leaves .2 and .3, so that a list of names made before can be worked off.
/// </summary>
internal sealed class ExtensionNames
{
    // Only magics whose numbers are not simply 1, 2, 3 in the order of the list; the order of the array is the list's.
    private readonly Dictionary<uint, int[]> _ordinals = [];

    private Header? _indexed;
    private Dictionary<uint, List<int>> _positions = [];

    /// <summary>Whether all names are simply those of their places.</summary>
    public bool IsEmpty => _ordinals.Count == 0;

    /// <summary>Lets go of what can be read again.</summary>
    public void Forget()
    {
        _indexed = null;
        _positions = [];
    }

    /// <summary>The place in the header's list, or -1.</summary>
    public int IndexOf(Header header, uint magic, int ordinal)
    {
        Index(header);
        if (!_positions.TryGetValue(magic, out var places))
        {
            return -1;
        }

        var at = _ordinals.TryGetValue(magic, out var known) ? Array.IndexOf(Fit(known, places.Count), ordinal) : ordinal - 1;
        return (uint)at < (uint)places.Count ? places[at] : -1;
    }

    /// <summary>The extensions under their names, in on-disk order, and the malformed rest if there is one.</summary>
    public IReadOnlyList<Node> List(Header header, Node malformed)
    {
        Index(header);
        var items = header.Extensions.Items;
        var ordinals = new int[items.Length];
        foreach (var (magic, places) in _positions)
        {
            var known = _ordinals.TryGetValue(magic, out var some) ? Fit(some, places.Count) : null;
            for (var i = 0; i < places.Count; i++)
            {
                ordinals[places[i]] = known?[i] ?? i + 1;
            }
        }

        return new Listing(header, ordinals, header.Extensions.IsMalformed ? malformed : null);
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
        var places = _positions.GetValueOrDefault(to.Magic, []);
        var left = places.Select((place, i) => (Place: place, Ordinal: ordinals[i])).Where(n => n.Place != replaced && n.Place != index);
        Set(from.Magic, OrdinalsOf(before, from.Magic).Where(o => o != from.Ordinal));
        Set(to.Magic, left.Append((Place: index, to.Ordinal)).OrderBy(n => n.Place).Select(n => n.Ordinal));
    }

    private int[] OrdinalsOf(Header header, uint magic)
    {
        Index(header);
        var count = _positions.TryGetValue(magic, out var places) ? places.Count : 0;
        return Fit(_ordinals.GetValueOrDefault(magic, []), count);
    }

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

    private void Index(Header header)
    {
        if (ReferenceEquals(header, _indexed))
        {
            return;
        }

        _positions = [];
        var items = header.Extensions.Items;
        for (var i = 0; i < items.Length; i++)
        {
            ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(_positions, items[i].Magic, out _);
            (places ??= []).Add(i);
        }

        _indexed = header;
    }

    // Names are made when they are asked for: a 2 MiB cluster holds 262,000 extensions.
    private sealed class Listing(Header header, int[] ordinals, Node? malformed) : IReadOnlyList<Node>
    {
        public int Count => ordinals.Length + (malformed is null ? 0 : 1);

        public Node this[int index] => index == ordinals.Length && malformed is not null
            ? malformed
            : new ExtensionNode(header.Extensions.Items[index].Magic, ordinals[index]);

        public IEnumerator<Node> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
