namespace Qcow2Fs.Tree.Scratch;

/// <summary>A file beside the files of the image and never in it.</summary>
internal sealed class ScratchNode(byte[] name, ScratchFiles files, long number) : FileNode(name)
{
    private readonly KeptBytes _content = new();

    // One that was removed is not the one that was made under its name again.
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => number.GetHashCode();

    /// <summary>Later files have higher numbers: a list goes on behind the last one that it has.</summary>
    public long Number => number;

    public int Length => _content.Length;

    internal override bool IsAlwaysThere => true;

    internal override long Size(ReadView view) => Length;

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate)
    {
        if (truncate)
        {
            Resize(0);
        }

        return new Handle(view.Session.Guard, path, this);
    }

    internal override void Remove(ReadView view) => files.Remove(this);

    internal override void Truncate(ReadView view, long length) => Resize(length);

    /// <summary>Onto a file of the tree: a write of its content, refused as that write would be. Then the scratch file is gone.</summary>
    internal override void Rename(ReadView view, FileNode target, ReadOnlySpan<byte> path)
    {
        var content = _content.ToArray();
        if (target.WhyNotWhole(view, content) is { } why)
        {
            throw new TreeException(Errno.EINVAL, why);
        }

        target.Replace(view, path, content, exists: target.Exists(view));
        files.Remove(this);
    }

    internal void Fill(ReadOnlySpan<byte> content)
    {
        files.RequireRoom(this, content.Length);
        _content.Write(0, content);
        _content.Truncate(content.Length);
    }

    private void Resize(long length)
    {
        files.RequireRoom(this, length);
        _content.Resize((int)length);
    }

    private sealed class Handle(Guard guard, ReadOnlySpan<byte> path, ScratchNode file) : FileHandle(guard, path)
    {
        private protected override KeptBytes Kept => file._content;

        private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
        {
            if (offset + data.Length > file.Length)
            {
                file.Resize(offset + data.Length);
            }

            file._content.Write((int)offset, data);
        }

        private protected override void OnTruncate(long length) => file.Resize(length);
    }
}
