namespace Qcow2Fs.Tree.Handles;

/// <summary>A directory of an image. Each page is a look at the image, so nothing is kept.</summary>
internal sealed class ImageDirectoryHandle(ImageTree tree, Guard guard, ReadOnlySpan<byte> path) : DirectoryHandle
{
    private const int PageLength = 128;

    // A part of a table without entries is 2 MiB at most: so much is read before somebody else has a turn.
    private const int MaxEmptyParts = 32;

    private readonly byte[] _path = path.ToArray();

    public override DirectoryPage Read(long after) => guard.Run(_path, path =>
    {
        var view = tree.Read();
        var entries = new List<(IEntry, long)>();
        var emptyParts = 0;
        foreach (var (node, next) in tree.Find(view, path) is DirectoryNode directory ? tree.List(view, directory, after) : [])
        {
            if (node is null)
            {
                emptyParts++;
            }
            else
            {
                entries.Add((node, next));
            }

            if (entries.Count == PageLength || emptyParts == MaxEmptyParts)
            {
                return new DirectoryPage(entries, next);
            }
        }

        return new DirectoryPage(entries, Next: null);
    });
}
