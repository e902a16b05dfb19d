namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// An open directory, which is read in pages: listing a table of millions of entries takes the memory of one page. Not thread-safe, like
/// its tree.
/// </summary>
public abstract class DirectoryHandle
{
    private protected DirectoryHandle() { }

    /// <summary>
    /// What follows a cursor. Any number may come: a program can seek in a directory. A directory that has gone has no more entries.
    /// </summary>
    /// <param name="after">0 for the start, or the cursor that came with the last entry.</param>
    /// <exception cref="TreeException">The image cannot be read.</exception>
    public abstract DirectoryPage Read(long after);

    /// <summary>Nobody reads on.</summary>
    public virtual void Release() { }
}

/// <summary>A part of a directory.</summary>
/// <param name="Entries">The entries, each with the cursor that continues after it: 1 or more, and less than 2^62.</param>
/// <param name="Next">The cursor that continues after the page, which may have no entry; null at the end of the directory.</param>
public sealed record DirectoryPage(IReadOnlyList<(IEntry Entry, long Next)> Entries, long? Next);
