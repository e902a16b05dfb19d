using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.View.Files;
using Qcow2Fs.View.Nodes;

namespace Qcow2Fs.View.Scratch;

/// <summary>A file in memory, beside the files of the image and never in it.</summary>
internal sealed class ScratchNode(string name, ScratchDirectory home) : FileNode(name)
{
    public byte[] Data { get; private set; } = [];

    internal override bool IsWritable => true;

    internal override bool IsAlwaysThere => true;

    internal override bool Exists(ImageView view, Header header) => true;

    internal override long Size(ImageView view) => Data.Length;

    internal override FileHandle Open(ImageView view, bool write, bool truncate)
    {
        if (truncate)
        {
            Data = [];
        }

        return new ScratchHandle(view, this);
    }

    internal override void Remove(ImageView view) => home.Remove(this);

    internal override void Truncate(ImageView view, long length) => Resize(view, length);

    internal void Fill(ImageView view, ReadOnlySpan<byte> content)
    {
        home.RequireRoom(view, this, content.Length);
        Data = content.ToArray();
    }

    /// <summary>Onto a file of the tree: a write of its content, refused as that write would be. Then the scratch file is gone.</summary>
    internal override void Rename(ImageView view, FileNode target)
    {
        if (target.WhyNotWhole(view, Data) is { } why)
        {
            throw view.Refuse(Errno.EINVAL, why);
        }

        target.Replace(view, Data, exists: target.Exists(view, view.Header));
        home.Remove(this);
    }

    internal void Resize(ImageView view, long length)
    {
        home.RequireRoom(view, this, length);
        var resized = new byte[length];
        Data.AsSpan(0, (int)Math.Min(length, Data.Length)).CopyTo(resized);
        Data = resized;
    }
}
