using System.Buffers.Binary;

namespace Qcow2Fs.Codec;

/// <summary>How a field's value is shown as text.</summary>
public enum FieldStyle
{
    /// <summary>Decimal digits.</summary>
    Decimal,

    /// <summary>Lower-case hexadecimal with <c>0x</c>, no leading zeros.</summary>
    Hex,

    /// <summary>A word of feature bits: hexadecimal here, a list of bit numbers in qcow2.py's dump.</summary>
    Bits,
}

/// <summary>One fixed field of the header: an unsigned big-endian number at a fixed offset.</summary>
/// <param name="Name">The specification's name, as qcow2.py prints it.</param>
/// <param name="Offset">Byte offset in the first cluster.</param>
/// <param name="Width">Bytes: 1, 4 or 8.</param>
/// <param name="Since">The first header version that has it, 2 or 3.</param>
/// <param name="Style">How the value is shown.</param>
/// <param name="Absent">The value that a header without the field means (specification, "Header").</param>
/// <param name="Summary">What the field says, in a few words.</param>
public sealed record HeaderField(string Name, int Offset, int Width, int Since, FieldStyle Style, ulong Absent, string Summary)
{
    /// <summary>The offset of the first byte behind the field.</summary>
    public int End => Offset + Width;

    /// <summary>The largest value that fits.</summary>
    public ulong MaxValue => ulong.MaxValue >> (64 - (8 * Width));

    /// <summary>Reads the field; the bytes must reach to <see cref="End"/>.</summary>
    public ulong Read(ReadOnlySpan<byte> header) => Width switch
    {
        1 => header[Offset],
        4 => BinaryPrimitives.ReadUInt32BigEndian(header[Offset..]),
        _ => BinaryPrimitives.ReadUInt64BigEndian(header[Offset..]),
    };

    /// <summary>Writes the field's own bytes and no others; the value must be at most <see cref="MaxValue"/>.</summary>
    public void Write(Span<byte> header, ulong value)
    {
        switch (Width)
        {
            case 1:
                header[Offset] = checked((byte)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32BigEndian(header[Offset..], checked((uint)value));
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(header[Offset..], value);
                break;
        }
    }
}
