using System.Buffers;

namespace Qcow2Fs.Codec.Json;

/// <summary>
/// A buffer for a text of unknown length that grows by pieces: one that grows by copying takes three times the memory of a document
/// of 40 MB.
/// </summary>
internal sealed class PieceWriter : IBufferWriter<byte>
{
    private const int PieceSize = 64 << 10;

    private readonly List<(byte[] Bytes, int Length)> _full = [];
    private byte[] _piece = [];
    private int _used;

    /// <inheritdoc/>
    public void Advance(int count) => _used += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_piece.Length - _used < Math.Max(1, sizeHint))
        {
            _full.Add((_piece, _used));
            (_piece, _used) = (new byte[Math.Max(PieceSize, sizeHint)], 0);
        }

        return _piece.AsMemory(_used);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>All that was written, in one array.</summary>
    public byte[] ToArray()
    {
        var all = new byte[_full.Sum(piece => piece.Length) + _used];
        var at = 0;
        foreach (var (bytes, length) in _full.Append((_piece, _used)))
        {
            bytes.AsSpan(0, length).CopyTo(all.AsSpan(at));
            at += length;
        }

        return all;
    }
}
