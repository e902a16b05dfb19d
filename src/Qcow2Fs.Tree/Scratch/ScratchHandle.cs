using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Scratch;

/// <summary>An open scratch file: plain memory.</summary>
internal sealed class ScratchHandle(ImageView view, ScratchNode node) : FileHandle
{
    public override ReadOnlyMemory<byte> Content => node.Data;

    public override void Write(long offset, ReadOnlySpan<byte> data, bool append) => node.Write(view, append ? node.Data.Length : offset, data);

    public override void Truncate(long length) => node.Resize(view, length);
}
