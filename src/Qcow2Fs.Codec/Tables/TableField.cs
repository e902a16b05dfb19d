using System.Buffers.Binary;

namespace Qcow2Fs.Codec.Tables;

/// <summary>One field of a table's entry: an unsigned big-endian number at a fixed offset.</summary>
/// <param name="Name">The specification's name.</param>
/// <param name="Offset">Byte offset in the entry.</param>
/// <param name="Width">Bytes: 1, 2, 4 or 8.</param>
/// <param name="Style">How the value is shown.</param>
/// <param name="Summary">What the field says, in a few words.</param>
public sealed record TableField(string Name, int Offset, int Width, FieldStyle Style, string Summary)
{
    /// <summary>The offset of the first byte behind the field.</summary>
    public int End => Offset + Width;

    /// <summary>Reads the field; the bytes must reach to <see cref="End"/>.</summary>
    public ulong Read(ReadOnlySpan<byte> entry) => Width switch
    {
        1 => entry[Offset],
        2 => BinaryPrimitives.ReadUInt16BigEndian(entry[Offset..]),
        4 => BinaryPrimitives.ReadUInt32BigEndian(entry[Offset..]),
        _ => BinaryPrimitives.ReadUInt64BigEndian(entry[Offset..]),
    };

    /// <summary>Appends a field to a table under construction: it lies where the one before it ends.</summary>
    internal static TableField Add(List<TableField> rows, string name, int width, FieldStyle style, string summary)
    {
        var field = new TableField(name, rows.Count == 0 ? 0 : rows[^1].End, width, style, summary);
        rows.Add(field);
        return field;
    }
}
