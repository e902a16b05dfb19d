using System.Collections.Concurrent;

namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// Follows chains to their end, or to where they come back. What is found of a member is kept, so that each is followed once. Safe for
/// concurrent use.
/// </summary>
/// <param name="next">The member that follows; null at the end of a chain.</param>
/// <param name="maxKnown">Of how many members the result is kept; what others lead to is followed again.</param>
internal sealed class ChainSearch<T>(Func<T, T?> next, int maxKnown)
    where T : class
{
    private readonly ConcurrentDictionary<T, (T? Ring, int Depth)> _known = new();

    /// <summary>Where the chain of a member leads.</summary>
    /// <param name="start">The member.</param>
    /// <param name="second">The one that follows it; null for none.</param>
    /// <returns>
    /// The member of a ring that the chain reaches first, which is <paramref name="start"/> if that is in the ring; or null, and how many
    /// members follow.
    /// </returns>
    public (T? Ring, int Depth) Find(T start, T? second)
    {
        if (_known.TryGetValue(start, out var known))
        {
            return known;
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

            if (_known.TryGetValue(node, out known))
            {
                below = known;
                break;
            }

            places.Add(node, path.Count);
            path.Add(node);
        }

        for (var i = path.Count - 1; i >= 0; i--)
        {
            below = (i >= ring ? path[i] : ring < path.Count ? path[ring] : below.Ring, below.Depth + 1);
            if (_known.Count < maxKnown)
            {
                _known[path[i]] = below;
            }
        }

        return below;
    }
}
