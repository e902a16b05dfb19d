using Qcow2Fs.Codec.Tables;

namespace Qcow2Fs.Cli.Pool;

/// <summary>Standard input as an image: a copy in a temporary file without a name, with holes where it is zero.</summary>
internal sealed class InputFile : IImageBytes, IDisposable
{
    private const int BlockSize = 1 << 16;

    private readonly SafeFileHandle _file;

    private InputFile(SafeFileHandle file) => _file = file;

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <summary>Copies standard input.</summary>
    /// <exception cref="CommandFailure">It is longer than the limit, in bytes, or closed.</exception>
    public static InputFile Read(long limit)
    {
        using var input = StandardStreams.OpenInput();
        var file = new InputFile(UnnamedFile.Open());
        try
        {
            var block = new byte[BlockSize];
            while (input.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false) is > 0 and var read)
            {
                if (file.Length + read > limit)
                {
                    throw new CommandFailure($"standard input has more than {limit} bytes; --max-input allows more");
                }

                if (block.AsSpan(0, read).ContainsAnyExcept((byte)0))
                {
                    UnnamedFile.Write(file._file, block.AsSpan(0, read), file.Length);
                }

                file.Length += read;
            }

            UnnamedFile.SetLength(file._file, file.Length);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The header. Nobody else can write to the file, so that one reading is enough.</summary>
    public Header ReadHeader()
    {
        var reader = new ImageReader(this);
        var bytes = new byte[Header.MinClusterSize];
        reader.Read(0, bytes);
        bytes = new byte[Header.ClusterSizeOf(bytes)];
        reader.Read(0, bytes);
        return Header.Decode(bytes);
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> buffer) => RandomAccess.Read(_file, buffer, offset);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
