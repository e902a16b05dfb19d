using Mono.Unix.Native;

namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// An open file. It serves the content of the moment of its opening, and what was written through it since. Refused
/// operations throw <see cref="TreeException"/> and change nothing. Not thread-safe, as its view.
/// </summary>
public abstract class FileHandle
{
    private protected FileHandle()
    {
    }

    /// <summary>The content as this handle sees it.</summary>
    public abstract ReadOnlyMemory<byte> Content { get; }

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
    public abstract void Write(long offset, ReadOnlySpan<byte> data, bool append);

    /// <summary>ftruncate(2).</summary>
    /// <param name="length">The new length in bytes.</param>
    public abstract void Truncate(long length);

    /// <summary>
    /// The file was created or truncated by its open and has got no content yet. A shell closes one of two descriptors
    /// before it writes to the other; as long as there is another, an empty content is not yet meant.
    /// </summary>
    public virtual bool AwaitsContent => false;

    /// <summary>Commits what is staged: at each close of a descriptor and at fsync.</summary>
    public virtual void Flush()
    {
    }

    /// <summary>The last descriptor is gone. Nobody would see an error, so nothing is committed here.</summary>
    public virtual void Release()
    {
    }
}

/// <summary>A read-only file.</summary>
internal sealed class ContentHandle(ReadOnlyMemory<byte> content) : FileHandle
{
    public override ReadOnlyMemory<byte> Content => content;

    public override void Write(long offset, ReadOnlySpan<byte> data, bool append) => throw new TreeException(Errno.EBADF, "opened for reading");

    public override void Truncate(long length) => throw new TreeException(Errno.EBADF, "opened for reading");
}
