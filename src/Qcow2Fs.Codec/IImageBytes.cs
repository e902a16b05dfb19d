namespace Qcow2Fs.Codec;

/// <summary>The bytes of an image file, as far as decoders behind the first cluster need them. The codec opens no file itself.</summary>
public interface IImageBytes
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Reads bytes; fewer than asked for only at the end of the file, where what is missing counts as zeros.</summary>
    /// <param name="offset">0 or more; may lie past the end of the file.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="IOException">The file cannot be read there.</exception>
    int Read(long offset, Span<byte> buffer);

    /// <summary>
    /// The next run of bytes that the file system has stored: what lies before it is a hole, all zeros. Where holes are not known, all of
    /// the file is one run.
    /// </summary>
    /// <param name="offset">0 or more.</param>
    /// <returns>The run's start, at or behind the offset, and its end; both the file's length if no byte is stored from there on.</returns>
    (long Start, long End) FindStored(long offset) => (Math.Min(offset, Length), Length);
}
