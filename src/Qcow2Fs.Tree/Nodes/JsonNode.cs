using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Json;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The whole header as a JSON document; writing one applies all of it in one commit.</summary>
internal sealed class JsonNode(string name) : FileNode(name)
{
    internal override bool IsWritable => true;

    internal override bool IsAlwaysThere => true;

    internal override bool Exists(ImageView view, Header header) => true;

    internal override long Size(ImageView view) => view.Render(this, view.Header)!.Length;

    internal override byte[] Content(Header header) => HeaderDocument.Write(header);

    internal override FileHandle Open(ImageView view, bool write, bool truncate) => write
        ? new JsonHandle(view, this, truncate ? [] : view.Render(this, view.Header)!)
        : new ContentHandle(view.Render(this, view.Header)!);

    // A shell's > truncates before it writes the document.
    internal override void Truncate(ImageView view, long length)
    {
    }
}
