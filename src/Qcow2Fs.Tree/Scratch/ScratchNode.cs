namespace Qcow2Fs.Tree.Scratch;

/// <summary>A file in memory, beside the files of the image and never in it.</summary>
internal sealed class ScratchNode(byte[] name, ScratchFiles files) : FileNode(name)
{
    private byte[] _memory = [];
    private int _length;

    public ReadOnlyMemory<byte> Data => _memory.AsMemory(0, _length);

    internal override bool IsAlwaysThere => true;

    internal override long Size(ReadView view) => Data.Length;

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
        if (target.WhyNotWhole(view, Data.Span) is { } why)
        {
            throw new TreeException(Errno.EINVAL, why);
        }

        target.Replace(view, path, Data.Span, exists: target.Exists(view));
        files.Remove(this);
    }

    internal void Fill(ReadOnlySpan<byte> content)
    {
        files.RequireRoom(this, content.Length);
        _memory = content.ToArray();
        _length = content.Length;
    }

    private void Resize(long length)
    {
        files.RequireRoom(this, length);
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

    private sealed class Handle(Guard guard, ReadOnlySpan<byte> path, ScratchNode file) : FileHandle(guard, path)
    {
        public override ReadOnlyMemory<byte> Content => file.Data;

        private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
        {
            if (offset + data.Length > file._length)
            {
                file.Resize(offset + data.Length);
            }

            data.CopyTo(file._memory.AsSpan((int)offset));
        }

        private protected override void OnTruncate(long length) => file.Resize(length);
    }
}
