namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// An open file. It serves the content that the file had when it was opened, and what was written through the handle since. It belongs to
/// the image file that was open then: once another file has the image's name, all writes are refused with ESTALE.
/// A refused operation throws a <see cref="TreeException"/> and changes nothing. Not thread-safe, like its tree.
/// </summary>
public abstract class FileHandle
{
    private readonly Guard _guard;
    private readonly byte[] _path;

    private protected FileHandle(Guard guard, ReadOnlySpan<byte> path) => (_guard, _path) = (guard, path.ToArray());

    /// <summary>The content as this handle sees it.</summary>
    public virtual ReadOnlyMemory<byte> Content => Kept!.ToArray();

    /// <summary>What is behind <see cref="Content"/>, where that may be large.</summary>
    private protected virtual KeptBytes? Kept => null;

    /// <summary>The image file that the handle may change; null for the one that has the image's name at each write.</summary>
    internal ImageStatus? Owner { get; set; }

    /// <summary>
    /// The attributes that the file had when it was opened, with the length of <see cref="Content"/>: for a file system that is asked for
    /// the attributes of an open file when its image is gone.
    /// </summary>
    public NodeStatus Status => Attributes with { Size = Length };

    internal NodeStatus Attributes { get; set; }

    private long Length => Kept?.Length ?? Content.Length;

    /// <summary>Copies content from an offset to the buffer; returns how many bytes, 0 at the end.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        if (Kept is { } kept)
        {
            return kept.Read(offset, buffer);
        }

        var content = Content.Span;
        if (offset >= content.Length)
        {
            return 0;
        }

        var part = content[(int)offset..];
        part = part[..Math.Min(part.Length, buffer.Length)];
        part.CopyTo(buffer);
        return part.Length;
    }

    /// <summary>
    /// Whether a write that must be on the medium when it returns is committed then. A document is only committed as a whole.
    /// </summary>
    private protected virtual bool CommitsPieces => true;

    /// <summary>Writes all of the data or refuses.</summary>
    /// <param name="offset">Where.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="append">Whether the end counts and not the offset (O_APPEND).</param>
    /// <param name="sync">Whether the bytes must be on the medium when this returns (O_SYNC).</param>
    public void Write(long offset, ReadOnlySpan<byte> data, bool append, bool sync = false)
    {
        KeptBytes.Collect();
        try
        {
            OnWrite(append ? Length : offset, data, append);
            if (sync && CommitsPieces)
            {
                OnCommit(withTruncation: true);
            }
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            throw _guard.Refuse(_path, e);
        }
    }

    /// <summary>ftruncate(2).</summary>
    public void Truncate(long length) => Run(length, static (handle, length) => handle.OnTruncate(length));

    /// <summary>
    /// Commits what was written: at each close of a copy of the descriptor. A truncation alone is not committed: a shell, a fork and an
    /// exec close copies before the first byte comes.
    /// </summary>
    public void Flush() => Run(false, static (handle, withTruncation) => handle.OnCommit(withTruncation));

    /// <summary>Commits what was written, and a truncation: fsync(2).</summary>
    public void Sync() => Run(true, static (handle, withTruncation) => handle.OnCommit(withTruncation));

    /// <summary>
    /// The last copy of the descriptor is closed: a truncation that nothing has followed is committed now. Nobody can be told of an error,
    /// so it is only kept for last_error.
    /// </summary>
    public void Release()
    {
        try
        {
            OnRelease();
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            _guard.Refuse(_path, e);
        }
    }

    /// <summary>The file that this handle was to create is removed: what was staged is dropped, and nothing more is created.</summary>
    internal virtual void Abandon() { }

    private protected abstract void OnWrite(long offset, ReadOnlySpan<byte> data, bool append);

    private protected abstract void OnTruncate(long length);

    private protected virtual void OnCommit(bool withTruncation) { }

    private protected virtual void OnRelease() { }

    private void Run<T>(T argument, Action<FileHandle, T> operation)
    {
        KeptBytes.Collect();
        try
        {
            operation(this, argument);
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            throw _guard.Refuse(_path, e);
        }
    }
}

/// <summary>A file that is open for reading.</summary>
internal sealed class ReadOnlyHandle(Guard guard, ReadOnlySpan<byte> path, KeptBytes content) : FileHandle(guard, path)
{
    public ReadOnlyHandle(Guard guard, ReadOnlySpan<byte> path, ReadOnlyMemory<byte> content)
        : this(guard, path, KeptBytes.Share(content)) { }

    private protected override KeptBytes Kept => content;

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append) => throw NotForWriting();

    private protected override void OnTruncate(long length) => throw NotForWriting();

    private protected override void OnRelease() => Kept.Release();

    private static TreeException NotForWriting() => new(Errno.EBADF, "is not open for writing");
}
