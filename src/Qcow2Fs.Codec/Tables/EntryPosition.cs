namespace Qcow2Fs.Codec.Tables;

/// <summary>Where a number lies in the image: whole bytes, big-endian, or some bits of a byte.</summary>
/// <param name="Offset">The first byte; above any file's length if the image names no possible one.</param>
/// <param name="Bits">1, 2, 4, 8, 16, 32 or 64.</param>
/// <param name="Shift">Below 8 bits: how far the number is shifted up in its byte.</param>
public readonly record struct EntryPosition(long Offset, int Bits, int Shift = 0)
{
    /// <summary>Bytes that it takes, or shares with others.</summary>
    public int Length => Math.Max(1, Bits / 8);

    /// <summary>The offset of the first byte after it.</summary>
    public long End => Offset + Length;

    /// <summary>The largest value that fits.</summary>
    public ulong MaxValue => ulong.MaxValue >> (64 - Bits);

    /// <summary>Reads it from its bytes.</summary>
    public ulong Read(ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        foreach (var b in bytes[..Length])
        {
            value = (value << 8) | b;
        }

        return (value >> Shift) & MaxValue;
    }

    /// <summary>Reads it from the image, where bytes past the end are zeros.</summary>
    /// <exception cref="IOException">The image cannot be read.</exception>
    public ulong Read(IImageBytes image)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[image.Read(Offset, bytes)..].Clear();
        return Read(bytes);
    }

    /// <summary>Writes it into its bytes, and no bit beside it. The value fits.</summary>
    public void Write(Span<byte> bytes, ulong value)
    {
        var rest = Bits < 8 ? (bytes[0] & ~(MaxValue << Shift)) | (value << Shift) : value;
        for (var at = Length - 1; at >= 0; at--, rest >>= 8)
        {
            bytes[at] = (byte)rest;
        }
    }
}

/// <summary>Entries of the metadata under consecutive indexes, from 0 on.</summary>
public interface IEntries
{
    /// <summary>How many there are.</summary>
    long Count { get; }

    /// <summary>
    /// Where an entry lies, perhaps past the end of the file; null if nothing leads to it. The index is below <see cref="Count"/>.
    /// </summary>
    /// <exception cref="IOException">The image cannot be read.</exception>
    EntryPosition? Find(IImageBytes image, long index);

    /// <summary>The first entry from an index on that is not 0, or how far there is none; null if there is none to the end.</summary>
    /// <returns>The index, and whether the entry is not 0. Else the search goes on at the index.</returns>
    /// <exception cref="IOException">The image cannot be read.</exception>
    (long Index, bool IsUsed)? Next(IImageBytes image, long from);
}

/// <summary>Entries of one width, one after another.</summary>
/// <param name="Start">The offset of the first one.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Bits">Of each: 1, 2, 4, 8, 16, 32 or 64.</param>
public sealed record EntryTable(ulong Start, long Count, int Bits) : IEntries
{
    // Behind the end of every file, and far enough below 2^63 for any index of a table.
    private const long Nowhere = 1L << 62;

    // Most entries are found in the first few bytes; a table of zeros is skipped in pieces of a page.
    private const int FirstLook = 64;
    private const int Look = 4096;

    private readonly long _start = (long)Math.Min(Start, Nowhere);

    /// <summary>Where an entry lies.</summary>
    public EntryPosition this[long index] => new(_start + (index * Bits / 8), Bits, Bits < 8 ? (int)(index * Bits % 8) : 0);

    /// <inheritdoc/>
    public EntryPosition? Find(IImageBytes image, long index) => this[index];

    /// <inheritdoc/>
    public (long Index, bool IsUsed)? Next(IImageBytes image, long from)
    {
        Span<byte> buffer = stackalloc byte[Look];
        var end = Math.Min(((Count * Bits) + 7) / 8, image.Length - _start);
        var size = FirstLook;
        for (var at = from * Bits / 8; at < end; size = Look)
        {
            var part = buffer[..(int)Math.Min(size, end - at)];
            part = part[..image.Read(_start + at, part)];
            if (part.IsEmpty)
            {
                return null;
            }

            var found = part.IndexOfAnyExcept((byte)0);
            if (found >= 0)
            {
                var index = Bits >= 8 ? (at + found) * 8 / Bits : FindInByte(part[found], (at + found) * 8 / Bits, from);
                if (index >= 0)
                {
                    return index < Count ? (index, true) : null;
                }
            }

            at += found < 0 ? part.Length : found + 1;
        }

        return null;
    }

    // The least significant bits of a byte are its first entry.
    private long FindInByte(byte value, long first, long from)
    {
        for (var i = (int)Math.Max(0, from - first); i < 8 / Bits; i++)
        {
            if ((value >> (i * Bits) & ((1 << Bits) - 1)) != 0)
            {
                return first + i;
            }
        }

        return -1;
    }
}
