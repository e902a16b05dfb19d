using Qcow2Fs.Codec.Json;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The whole header as a JSON document; writing one applies all of it in one commit.</summary>
internal sealed class JsonNode(string name) : FileNode(name)
{
    internal override bool IsWritable => true;

    internal override bool IsAlwaysThere => true;

    internal override bool Exists(ReadView view) => true;

    internal override long Size(ReadView view) => view.Render(this)!.Length;

    internal override byte[] Content(Header header) => HeaderDocument.Write(header);

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => write
        ? new JsonHandle(view, path, truncate ? [] : view.Render(this)!)
        : new ReadOnlyHandle(view.Session.Guard, path, view.Render(this)!);

    // A shell's > truncates before it writes the document.
    internal override void Truncate(ReadView view, long length)
    {
    }
}
