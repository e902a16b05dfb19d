namespace Qcow2Fs.Tree.Nodes;

/// <summary>The first cluster piece by piece, as text.</summary>
internal sealed class LayoutNode(string name) : FileNode(name)
{
    internal override bool IsAlwaysThere => true;

    internal override bool IsWritable => false;

    internal override long Size(ReadView view) => view.Session.LayoutSize(view.Header);

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate)
    {
        if (write)
        {
            throw new TreeException(Errno.EACCES, "is read-only");
        }

        var text = new KeptBytes();
        HeaderLayout.Write(view.Header, view.Session.ExtensionNames, part => text.Write(text.Length, part));
        return new ReadOnlyHandle(view.Session.Guard, path, text);
    }
}
