namespace Qcow2Fs.Image.Commits;

/// <summary>
/// Another first cluster, and other bytes behind it: a LUKS header with its key slots, in which no order of writes would help. They are
/// written first, and a crash may leave a part of them; the first cluster is the old one or the new one.
/// </summary>
internal sealed class RestoreChange(HeaderChange header, ByteRange? other) : IChange
{
    /// <summary>The change of the first cluster.</summary>
    public HeaderChange Header => header;

    /// <summary>Whether the bytes behind it change.</summary>
    public bool ChangesOther => other is { } range && range.ChangedSectors().Any();

    public IReadOnlyList<ByteRange> Ranges => other is { } range ? [.. header.Ranges, range] : header.Ranges;

    /// <summary>Reads what the bytes will replace.</summary>
    /// <param name="file">The locked image.</param>
    /// <param name="cluster">The edit that makes the first cluster.</param>
    /// <param name="window">How many bytes it needs at least.</param>
    /// <param name="other">Bytes behind it, and their offset, a multiple of a sector; null for none.</param>
    /// <exception cref="ImageException">The image cannot be read, or ends before.</exception>
    public static RestoreChange Read(in FileDescriptor file, Func<Header, Header> cluster, int window, (long Offset, byte[] Bytes)? other)
    {
        var header = HeaderChange.Read(file, cluster, window);
        return new(header, other is { } bytes ? RangeOf(file, bytes.Offset, bytes.Bytes) : null);
    }

    public IReadOnlyList<AtomicStep>? FindPath() =>
        header.FindPath() is not { } path ? null
        : other is { } range ? [AtomicStep.Find([range])!, .. path]
        : path;

    /// <summary>The range of bytes behind the first cluster: whole sectors, of which the last ones may stay.</summary>
    internal static ByteRange RangeOf(long offset, byte[] old, byte[] bytes) => new(offset, old,
        (byte[])[.. bytes, .. old.AsSpan(bytes.Length)], default, (bool[])[.. Enumerable.Repeat(true, old.Length)]);

    private static ByteRange RangeOf(in FileDescriptor file, long offset, byte[] bytes)
    {
        ImageException.ThrowIf(file.Length(out var length), "cannot be measured");
        if (offset > length - bytes.Length)
        {
            throw new ImageException(Errno.EINVAL, $"the file ends before byte {offset + bytes.Length}, where the LUKS header ends");
        }

        var old = new byte[(bytes.Length + SectorWrite.Size - 1) / SectorWrite.Size * SectorWrite.Size];
        ImageException.ThrowIf(file.Read(offset, old, out _), HeaderReader.CannotBeRead);
        return RangeOf(offset, old, bytes);
    }
}
