using System.Buffers;

namespace Qcow2Fs.Codec.Json;

/// <summary>
/// Puts a document into an array of its exact length, and without one only counts: a document of 40 MB is written twice, because a buffer
/// that grows takes two or three times its memory.
/// </summary>
/// <param name="document">The array; null to count.</param>
internal sealed class DocumentBuffer(byte[]? document) : IBufferWriter<byte>
{
    private const int PieceSize = 4 << 10;

    private byte[] _piece = new byte[PieceSize];

    /// <summary>Bytes that were written.</summary>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (document is not null)
        {
            _piece.AsSpan(0, count).CopyTo(document.AsSpan(Length));
        }

        Length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_piece.Length < sizeHint)
        {
            _piece = new byte[sizeHint];
        }

        return _piece;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
