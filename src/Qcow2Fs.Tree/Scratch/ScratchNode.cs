using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Handles;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Scratch;

/// <summary>A file in memory, beside the files of the image and never in it.</summary>
internal sealed class ScratchNode(string name, ScratchDirectory home) : FileNode(name)
{
    private byte[] _memory = [];
    private int _length;

    public ReadOnlyMemory<byte> Data => _memory.AsMemory(0, _length);

    internal override bool IsWritable => true;

    internal override bool IsAlwaysThere => true;

    internal override bool Exists(ImageView view, Header header) => true;

    internal override long Size(ImageView view) => Data.Length;

    internal override FileHandle Open(ImageView view, bool write, bool truncate)
    {
        if (truncate)
        {
            Resize(view, 0);
        }

        return new ScratchHandle(view, this);
    }

    internal override void Remove(ImageView view) => home.Remove(this);

    internal override void Truncate(ImageView view, long length) => Resize(view, length);

    internal void Fill(ImageView view, ReadOnlySpan<byte> content)
    {
        home.RequireRoom(view, this, content.Length);
        _memory = content.ToArray();
        _length = content.Length;
    }

    /// <summary>Onto a file of the tree: a write of its content, refused as that write would be. Then the scratch file is gone.</summary>
    internal override void Rename(ImageView view, FileNode target)
    {
        if (target.WhyNotWhole(view, Data.Span) is { } why)
        {
            throw view.Refuse(Errno.EINVAL, why);
        }

        target.Replace(view, Data.Span, exists: target.Exists(view, view.Header));
        home.Remove(this);
    }

    internal void Resize(ImageView view, long length)
    {
        home.RequireRoom(view, this, length);
        var needed = (int)length;
        if (needed > _memory.Length)
        {
            Array.Resize(ref _memory, Math.Max(needed, 2 * _memory.Length));
        }

        // What lies behind a shorter end must not come back when the file grows again.
        if (needed < _length)
        {
            _memory.AsSpan(needed, _length - needed).Clear();
        }

        _length = needed;
    }

    internal void Write(ImageView view, long offset, ReadOnlySpan<byte> data)
    {
        if (offset + data.Length > _length)
        {
            Resize(view, offset + data.Length);
        }

        data.CopyTo(_memory.AsSpan((int)offset));
    }
}
