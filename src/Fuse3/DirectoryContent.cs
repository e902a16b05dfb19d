namespace Fuse3;

/// <summary>Receives directory entries during <see cref="FuseFileSystemBase.ReadDir"/>; valid only during that call.</summary>
public readonly ref struct DirectoryContent
{
    /// <summary>The longest name in bytes (NAME_MAX).</summary>
    public const int MaxNameLength = 255;

    private readonly DirectoryFiller _filler;

    internal DirectoryContent(DirectoryFiller filler) => _filler = filler;

    /// <summary>Adds one entry.</summary>
    /// <param name="name">1 to 255 bytes, any but NUL and '/'; "." and ".." are optional.</param>
    /// <param name="nextOffset">
    /// 1 to <see cref="long.MaxValue"/>: the offset that a later ReadDir call gets to continue after this entry. The file system chooses
    /// the numbers, for example the index of the entry plus one.
    /// </param>
    /// <param name="mode">The <see cref="FileType"/> of the entry, so that find and ls need no stat; 0 when unknown.</param>
    /// <returns>False when the buffer is full and the entry was not added: return 0 now and expect a call with its offset.</returns>
    /// <exception cref="ArgumentException">The name is not a valid file name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset is 0 or too large.</exception>
    public bool AddEntry(ReadOnlySpan<byte> name, ulong nextOffset, uint mode = 0)
    {
        if (name.Length is 0 or > MaxNameLength || name.ContainsAny((byte)0, (byte)'/'))
        {
            throw new ArgumentException("A file name has 1 to 255 bytes and neither NUL nor '/'.", nameof(name));
        }

        // Offset 0 would switch libfuse to reading the whole directory into memory.
        ArgumentOutOfRangeException.ThrowIfZero(nextOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nextOffset, (ulong)long.MaxValue);
        return _filler.Add(name, (long)nextOffset, mode);
    }
}
