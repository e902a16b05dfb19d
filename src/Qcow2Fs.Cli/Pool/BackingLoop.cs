namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// Follows backing files by their names within a folder, to find one that comes back. Nothing outside of the folder is opened.
/// </summary>
internal sealed class BackingLoop
{
    // Bounds the memory for names.
    private const int MaxKnown = 1 << 16;

    private readonly PoolFolder _folder;
    private readonly string _root;
    private readonly ChainSearch<string> _chains;

    public BackingLoop(PoolFolder folder)
    {
        _folder = folder;
        _root = BackingName.Normalize(AbsolutePath.Of(folder.Name)).TrimEnd('/') + "/";
        _chains = new(ReadBase, MaxKnown);
    }

    /// <summary>The path at which the chain of an image comes back, relative to the folder; null if it ends or leaves the folder.</summary>
    /// <param name="path">The image's path, relative to the folder.</param>
    /// <param name="backingFile">The name in its header.</param>
    public string? Find(string path, string backingFile) => _chains.Find(path, BaseOf(path, backingFile)).Ring;

    private string? BaseOf(string path, string name) =>
        BackingName.Resolve(_root + path, name) is { } resolved && resolved.StartsWith(_root, StringComparison.Ordinal)
            ? resolved[_root.Length..] : null;

    private string? ReadBase(string path)
    {
        try
        {
            using var image = _folder.Root.Open(PathText.Encode(path));
            var header = image.ReadHeader();
            return header.HasMagic && header.HasBackingFile ? BaseOf(path, PathText.Decode(header.BackingFileName)) : null;
        }
        catch (ImageException)
        {
            // The chain ends there, as far as it can be seen.
            return null;
        }
    }
}
