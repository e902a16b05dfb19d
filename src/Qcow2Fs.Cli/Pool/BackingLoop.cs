using System.Collections.Concurrent;

namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// Follows backing files by their names within a folder, to find one that comes back. Nothing outside of the folder is opened. What each
/// image names is kept for the next one, as far as the memory for it is bounded.
/// </summary>
internal sealed class BackingLoop(PoolFolder folder)
{
    private const int MaxKnown = 1 << 16;
    private const int MaxDepth = 1 << 12;

    private readonly ConcurrentDictionary<string, string?> _known = new();
    private readonly string _root = BackingName.Normalize(AbsolutePath.Of(folder.Name)).TrimEnd('/') + "/";

    /// <summary>
    /// The path at which the chain of an image comes back, relative to the folder; null if it ends, leaves the folder or is too long.
    /// </summary>
    /// <param name="path">The image's path, relative to the folder.</param>
    /// <param name="backingFile">The name in its header.</param>
    public string? Find(string path, string backingFile)
    {
        var seen = new HashSet<string> { BackingName.Normalize(path) };
        for (var next = BaseOf(path, backingFile); next is not null && seen.Count < MaxDepth; next = ReadBase(next))
        {
            if (!seen.Add(next))
            {
                return next;
            }
        }

        return null;
    }

    private string? BaseOf(string path, string name) =>
        BackingName.Resolve(_root + path, name) is { } resolved && resolved.StartsWith(_root, StringComparison.Ordinal)
            ? resolved[_root.Length..] : null;

    private string? ReadBase(string path)
    {
        if (_known.TryGetValue(path, out var known))
        {
            return known;
        }

        string? found = null;
        try
        {
            using var image = folder.Walk.Open(PathText.Encode(path));
            var header = image.ReadHeader();
            found = header.HasMagic && header.HasBackingFile ? BaseOf(path, PathText.Decode(header.BackingFileName)) : null;
        }
        catch (ImageException)
        {
            // The chain ends there, as far as it can be seen.
        }

        if (_known.Count < MaxKnown)
        {
            _known[path] = found;
        }

        return found;
    }
}
