namespace Qcow2Fs.Image.Commits;

/// <summary>
/// One number behind the header, at most 8 bytes: an entry of a table, a field of a record. It lies in one sector, so that one write of
/// that sector changes it, and nothing else.
/// </summary>
internal sealed class EntryChange : IChange
{
    private static readonly bool[] s_live = [.. Enumerable.Repeat(true, SectorWrite.Size)];

    private readonly long _sector;
    private readonly byte[] _old;
    private readonly byte[] _new;

    private EntryChange(Header header, EntryPosition position, long sector, byte[] old, byte[] @new) =>
        (Header, Position, _sector, _old, _new) = (header, position, sector, old, @new);

    /// <summary>The image's header, as the edit got it.</summary>
    public Header Header { get; }

    /// <summary>Where the number lies.</summary>
    public EntryPosition Position { get; }

    /// <summary>Whether it gets another value.</summary>
    public bool IsChanged => !_old.AsSpan().SequenceEqual(_new);

    public IReadOnlyList<ByteRange> Ranges => [new(_sector, _old, _new, s_live, s_live)];

    /// <summary>Reads what the edit needs from the locked image, and the sector that it names.</summary>
    /// <exception cref="ImageException">
    /// ENXIO: the number lies past the end of the file. EOPNOTSUPP: it lies in two sectors. The image cannot be read.
    /// </exception>
    public static EntryChange Read(in FileDescriptor file, Func<Header, IImageBytes, EntryEdit> edit)
    {
        ImageException.ThrowIf(file.Length(out var length), "cannot be measured");
        var header = HeaderReader.Read(file, 0);
        var (position, value) = edit(header, new LockedImage(file, length));
        if (position.End > length)
        {
            throw new ImageException(Errno.ENXIO, $"lies past the end of the file, which has {length} bytes and does not grow");
        }

        var sector = position.Offset & -SectorWrite.Size;
        if (position.End > sector + SectorWrite.Size)
        {
            throw new ImageException(Errno.EOPNOTSUPP,
                $"lies in two sectors, at 0x{position.Offset:x}, which cannot be written at once: its table starts at an odd offset");
        }

        var old = new byte[SectorWrite.Size];
        ImageException.ThrowIf(file.Read(sector, old, out _), HeaderReader.CannotBeRead);
        var @new = old.ToArray();
        position.Write(@new.AsSpan((int)(position.Offset - sector)), value);
        return new(header, position, sector, old, @new);
    }

    // One sector is one step.
    public IReadOnlyList<AtomicStep>? FindPath() => null;

    private sealed class LockedImage(FileDescriptor file, long length) : IImageBytes
    {
        public long Length => length;

        public int Read(long offset, Span<byte> buffer)
        {
            ImageException.ThrowIf(file.Read(offset, buffer, out var read), HeaderReader.CannotBeRead);
            return read;
        }
    }
}
