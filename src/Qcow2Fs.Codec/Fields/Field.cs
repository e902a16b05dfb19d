namespace Qcow2Fs.Codec;

/// <summary>How a field's value is shown as text.</summary>
public enum FieldStyle
{
    /// <summary>Decimal digits.</summary>
    Decimal,

    /// <summary>Lower-case hexadecimal with <c>0x</c>, no leading zeros.</summary>
    Hex,

    /// <summary>Feature bits: hexadecimal here, a list of bit numbers in qcow2.py's dump.</summary>
    Bits,
}

/// <summary>One field of an on-disk record: an unsigned big-endian number at a fixed offset. A row of a <see cref="FieldTable"/>.</summary>
/// <param name="Name">The specification's name, as qcow2.py prints it.</param>
/// <param name="Offset">Byte offset in the record.</param>
/// <param name="Width">Bytes: 1, 2, 4 or 8.</param>
/// <param name="Style">How the value is shown.</param>
/// <param name="Summary">A short description for listings.</param>
/// <param name="Since">The first header version that has it, 2 or 3. Of the header's fields only.</param>
/// <param name="Absent">The value that a header without the field has (specification, "Header"). Of the header's fields only.</param>
public sealed record Field(string Name, int Offset, int Width, FieldStyle Style, string Summary, int Since, ulong Absent)
{
    /// <summary>The offset of the first byte after the field.</summary>
    public int End => Offset + Width;

    /// <summary>The largest value that fits.</summary>
    public ulong MaxValue => ulong.MaxValue >> (64 - (8 * Width));

    /// <summary>Reads the field; the bytes must reach to <see cref="End"/>.</summary>
    public ulong Read(ReadOnlySpan<byte> record) => Width switch
    {
        1 => record[Offset],
        2 => BinaryPrimitives.ReadUInt16BigEndian(record[Offset..]),
        4 => BinaryPrimitives.ReadUInt32BigEndian(record[Offset..]),
        _ => BinaryPrimitives.ReadUInt64BigEndian(record[Offset..]),
    };

    /// <summary>Writes the field's own bytes and no others.</summary>
    /// <exception cref="OverflowException">The value is above <see cref="MaxValue"/>.</exception>
    public void Write(Span<byte> record, ulong value)
    {
        if (value > MaxValue)
        {
            throw new OverflowException($"{value} does not fit {Name}");
        }

        for (var at = End - 1; at >= Offset; at--, value >>= 8)
        {
            record[at] = (byte)value;
        }
    }
}
