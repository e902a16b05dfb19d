namespace Qcow2Fs.Codec;

/// <summary>The bytes of an image file, as far as decoders behind the first cluster need them. The codec opens no file itself.</summary>
public interface IImageBytes
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Reads bytes; fewer than asked for only at the end of the file, where what is missing counts as zeros.</summary>
    /// <param name="offset">0 or more; may lie behind the end of the file.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="IOException">The file cannot be read there.</exception>
    int Read(long offset, Span<byte> buffer);
}
