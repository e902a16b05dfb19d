namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// Follows chains to their end, or to where they come back. What is found of a member is kept, so that each is followed once. Safe for
/// concurrent use: the members of a chain become known at once, so that another search sees a whole ring or nothing of it.
/// </summary>
/// <param name="next">The member that follows; null at the end of a chain.</param>
/// <param name="maxKnown">
/// Of how many members the result is kept. What others lead to is followed again; a ring that is known in part then comes back to one
/// of the known members.
/// </param>
internal sealed class ChainSearch<T>(Func<T, T?> next, int maxKnown)
    where T : class
{
    private readonly Dictionary<T, (T? Ring, int Depth)> _known = [];
    private readonly Lock _lock = new();

    /// <summary>Where the chain of a member leads.</summary>
    /// <param name="start">The member.</param>
    /// <param name="second">The one that follows it; null for none.</param>
    /// <returns>
    /// The member of a ring that the chain reaches first, which is <paramref name="start"/> if that is in the ring; or null, and how many
    /// members follow.
    /// </returns>
    public (T? Ring, int Depth) Find(T start, T? second)
    {
        if (Known(start) is { } found)
        {
            return found;
        }

        var path = new List<T> { start };
        var places = new Dictionary<T, int> { [start] = 0 };
        (T? Ring, int Depth) below = (null, -1);
        var ring = int.MaxValue;
        for (var node = second; node is not null; node = next(node))
        {
            if (places.TryGetValue(node, out var place))
            {
                ring = place;
                break;
            }

            if (Known(node) is { } known)
            {
                below = known;
                break;
            }

            places.Add(node, path.Count);
            path.Add(node);
        }

        lock (_lock)
        {
            for (var i = path.Count - 1; i >= 0; i--)
            {
                // Another search may have found the member since this one passed it, and alone knows whether it is in the ring.
                below = _known.TryGetValue(path[i], out var known) ? known
                    : (i >= ring ? path[i] : ring < path.Count ? path[ring] : below.Ring, below.Depth + 1);
                if (_known.Count < maxKnown)
                {
                    _known[path[i]] = below;
                }
            }
        }

        return below;
    }

    private (T? Ring, int Depth)? Known(T member)
    {
        lock (_lock)
        {
            return _known.TryGetValue(member, out var known) ? known : null;
        }
    }
}
