namespace Qcow2Fs.Image;

/// <summary>Reads headers from an open image. Bytes past the end of the file count as zeros, as in QEMU.</summary>
internal static class HeaderReader
{
    public const string CannotBeRead = "cannot be read";

    private const int ChunkSize = 16384;

    // Two readings are enough unless a writer never pauses; then this ends the loop.
    private const int MaxReadings = 10;

    /// <summary>
    /// The header, in a window of so many bytes at least. A read of several sectors is not atomic, and a commit may run meanwhile; but two
    /// readings in a row that agree show what the image was at the instant between them.
    /// </summary>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public static Header Read(in FileDescriptor file, int window) =>
        Read(file, window, static size => GC.AllocateUninitializedArray<byte>(size));

    /// <summary>The same, in an array of exactly so many bytes that the caller provides; it may be asked for several times.</summary>
    public static Header Read(in FileDescriptor file, int window, Func<int, byte[]> allocate)
    {
        var header = ReadOnce(file, window, allocate);
        for (var readings = 1; readings < MaxReadings && !IsUnchanged(file, header); readings++)
        {
            header = ReadOnce(file, window, allocate);
        }

        return header;
    }

    /// <summary>Whether the image still has the bytes that the header uses. Allocates nothing.</summary>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public static bool IsUnchanged(in FileDescriptor file, Header known)
    {
        Span<byte> chunk = stackalloc byte[ChunkSize];
        var used = known.Bytes.Span[..known.UsedLength];
        for (var offset = 0; offset < used.Length; offset += ChunkSize)
        {
            var part = chunk[..Math.Min(ChunkSize, used.Length - offset)];
            Fill(file, offset, part);
            if (!part.SequenceEqual(used.Slice(offset, part.Length)))
            {
                return false;
            }
        }

        return true;
    }

    private static Header ReadOnce(in FileDescriptor file, int window, Func<int, byte[]> allocate)
    {
        Span<byte> start = stackalloc byte[Header.MinClusterSize];
        Fill(file, 0, start);
        var bytes = allocate(Math.Max(Header.ClusterSizeOf(start), window));
        Fill(file, 0, bytes);
        return Header.FromOwned(bytes);
    }

    private static void Fill(in FileDescriptor file, long offset, Span<byte> buffer)
    {
        ImageException.ThrowIf(file.Read(offset, buffer, out var read), CannotBeRead);
        buffer[read..].Clear();
    }
}
