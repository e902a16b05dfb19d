using Mono.Unix.Native;

namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// An open file. It serves the content that the file had when it was opened, and what was written through the handle since.
/// A refused operation throws a <see cref="TreeException"/> and changes nothing. Not thread-safe, like its tree.
/// </summary>
public abstract class FileHandle
{
    private readonly Guard _guard;
    private readonly byte[] _path;

    private protected FileHandle(Guard guard, ReadOnlySpan<byte> path) => (_guard, _path) = (guard, path.ToArray());

    /// <summary>The content as this handle sees it.</summary>
    public abstract ReadOnlyMemory<byte> Content { get; }

    /// <summary>
    /// The file was created or truncated by its open and has got no content yet. A shell closes one of two descriptors
    /// before it writes to the other, so an empty content is not meant while there is another descriptor.
    /// </summary>
    public virtual bool AwaitsContent => false;

    /// <summary>Copies content to the buffer.</summary>
    /// <param name="offset">From where, in bytes.</param>
    /// <param name="buffer">To where.</param>
    /// <returns>Bytes copied; 0 at the end.</returns>
    public int Read(long offset, Span<byte> buffer)
    {
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

    /// <summary>Writes all of the data or refuses.</summary>
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="data">What.</param>
    /// <param name="append">The file is open for appending: the end counts, not the offset.</param>
    public void Write(long offset, ReadOnlySpan<byte> data, bool append)
    {
        try
        {
            OnWrite(append ? Content.Length : offset, data, append);
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            throw _guard.Refuse(_path, e);
        }
    }

    /// <summary>ftruncate(2).</summary>
    /// <param name="length">The new length in bytes.</param>
    public void Truncate(long length)
    {
        try
        {
            OnTruncate(length);
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            throw _guard.Refuse(_path, e);
        }
    }

    /// <summary>Commits what is staged: at each close of a descriptor and at fsync.</summary>
    public void Flush()
    {
        try
        {
            OnFlush();
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            throw _guard.Refuse(_path, e);
        }
    }

    /// <summary>The last descriptor is gone. Nobody would see an error, so nothing is committed here.</summary>
    public virtual void Release()
    {
    }

    private protected abstract void OnWrite(long offset, ReadOnlySpan<byte> data, bool append);

    private protected abstract void OnTruncate(long length);

    private protected virtual void OnFlush()
    {
    }
}

/// <summary>A file that is open for reading.</summary>
internal sealed class ReadOnlyHandle(Guard guard, ReadOnlySpan<byte> path, ReadOnlyMemory<byte> content) : FileHandle(guard, path)
{
    public override ReadOnlyMemory<byte> Content => content;

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append) => throw NotForWriting();

    private protected override void OnTruncate(long length) => throw NotForWriting();

    private static TreeException NotForWriting() => new(Errno.EBADF, "is not open for writing");
}
