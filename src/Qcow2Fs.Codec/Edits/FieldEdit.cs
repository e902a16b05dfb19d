namespace Qcow2Fs.Codec.Edits;

/// <summary>Sets a fixed field.</summary>
public static class FieldEdit
{
    /// <summary>
    /// The header with another value in the field. Any value that fits is taken, also one that QEMU refuses, and only the
    /// field's own bytes change; but version 2 to 3 and back, and header_length, move the list where it can be decoded.
    /// </summary>
    /// <exception cref="HeaderException">
    /// OutOfRange: wider than the field. Invalid: the header lacks the field, or the change would lose something. NoRoom.
    /// </exception>
    public static Header WithField(this Header header, Field field, ulong value)
    {
        if (!header.Has(field))
        {
            throw new HeaderException(HeaderError.Invalid, $"this header has no field {field.Name}");
        }

        RequireFits(field, value);
        if (header[field] == value)
        {
            return header;
        }

        if (header.CanMoveList && field == HeaderFields.Version && (header.Version, value) is (2, 3))
        {
            return header.ToVersion3();
        }

        if (header.CanMoveList && field == HeaderFields.Version && (header.Version, value) is (3, 2))
        {
            return header.ToVersion2();
        }

        if (header.CanMoveList && field == HeaderFields.HeaderLength && value >= (ulong)HeaderFields.Version3MinLength && value <= (ulong)header.Limit)
        {
            return header.WithHeaderLength((int)value);
        }

        return header.WithBytes(b => field.Write(b, value));
    }

    /// <summary>The header with some bytes replaced, without any check.</summary>
    /// <param name="header">The header.</param>
    /// <param name="offset">Where the bytes go; offset and length must lie within <see cref="Header.Bytes"/>.</param>
    /// <param name="data">The bytes.</param>
    public static Header WithRawBytes(this Header header, int offset, ReadOnlySpan<byte> data)
    {
        var bytes = header.Bytes.ToArray();
        data.CopyTo(bytes.AsSpan(offset));
        return Header.FromOwned(bytes);
    }

    internal static void RequireFits(Field field, ulong value)
    {
        if (value > field.MaxValue)
        {
            throw new HeaderException(HeaderError.OutOfRange, $"{value} does not fit {field.Name}, which has {8 * field.Width} bits");
        }
    }

    internal static Header WithBytes(this Header header, Action<byte[]> patch)
    {
        var bytes = header.Bytes.ToArray();
        patch(bytes);
        return Header.FromOwned(bytes);
    }
}
