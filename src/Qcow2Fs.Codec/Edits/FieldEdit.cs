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
        var changesVersion = header.CanMoveList && field == HeaderFields.Version;
        var changesLength = header.CanMoveList && field == HeaderFields.HeaderLength
            && value >= (ulong)HeaderFields.Version3MinLength && value <= (ulong)header.Limit;
        return header[field] == value ? header
            : changesVersion && (header.Version, value) is (2, 3) ? header.ToVersion3()
            : changesVersion && (header.Version, value) is (3, 2) ? header.ToVersion2()
            : changesLength ? header.WithHeaderLength((int)value)
            : header.WithBytes(b => field.Write(b, value));
    }

    /// <summary>Refuses a value that is wider than the field.</summary>
    /// <exception cref="HeaderException">OutOfRange.</exception>
    public static void RequireFits(Field field, ulong value)
    {
        if (value > field.MaxValue)
        {
            throw new HeaderException(HeaderError.OutOfRange, $"{value} does not fit {field.Name}, which has {8 * field.Width} bits");
        }
    }

    /// <summary>The header with some bytes overwritten, by no rule at all. They must lie within <see cref="Header.Bytes"/>.</summary>
    public static Header WithRawBytes(this Header header, int offset, ReadOnlySpan<byte> data)
    {
        var bytes = header.Bytes.ToArray();
        data.CopyTo(bytes.AsSpan(offset));
        return Header.FromOwned(bytes);
    }

    internal static Header WithBytes(this Header header, Action<byte[]> patch)
    {
        var bytes = header.Bytes.ToArray();
        patch(bytes);
        return Header.FromOwned(bytes);
    }
}

/// <summary>Changes of the fixed part's length: the version and header_length. The list moves along.</summary>
internal static class VersionEdit
{
    public static Header ToVersion3(this Header header)
    {
        var fixedPart = new byte[HeaderFields.Version3Length];
        header.Bytes.Span[..HeaderFields.Version2Length].CopyTo(fixedPart);
        foreach (var field in HeaderFields.All.Where(field => field.Since > 2 && field.End <= fixedPart.Length))
        {
            field.Write(fixedPart, field.Absent);
        }

        HeaderFields.Version.Write(fixedPart, 3);
        HeaderFields.HeaderLength.Write(fixedPart, (ulong)HeaderFields.Version3Length);
        return HeaderComposer.ReplaceFixedPart(header, fixedPart);
    }

    /// <summary>As QEMU does (qcow2_downgrade), compatible and autoclear bits are cleared; what else version 2 lacks is refused.</summary>
    public static Header ToVersion2(this Header header)
    {
        if (header[HeaderFields.IncompatibleFeatures] is not 0 and var bits)
        {
            throw Lost($"incompatible_features is {NumberText.Format(bits, FieldStyle.Bits)}");
        }

        if (header[HeaderFields.RefcountOrder] != HeaderFields.RefcountOrder.Absent)
        {
            throw Lost($"refcount_order is {header[HeaderFields.RefcountOrder]}, not {HeaderFields.RefcountOrder.Absent}");
        }

        RequireZeros(header, HeaderFields.Version3MinLength, "version 2 has no room for them");
        var fixedPart = header.Bytes[..HeaderFields.Version2Length].ToArray();
        HeaderFields.Version.Write(fixedPart, 2);
        return HeaderComposer.ReplaceFixedPart(header, fixedPart);

        static HeaderException Lost(string why) => new(HeaderError.Invalid, $"{why}; version 2 cannot express it");
    }

    public static Header WithHeaderLength(this Header header, int length)
    {
        if (length < header.Extensions.Start)
        {
            RequireZeros(header, length, "a shorter header would lose them");
        }

        var fixedPart = new byte[length];
        var kept = Math.Min(length, header.Extensions.Start);
        header.Bytes.Span[..kept].CopyTo(fixedPart);
        HeaderFields.HeaderLength.Write(fixedPart, (ulong)length);
        return HeaderComposer.ReplaceFixedPart(header, fixedPart);
    }

    private static void RequireZeros(Header header, int from, string why)
    {
        var at = header.Bytes.Span[from..header.Extensions.Start].IndexOfAnyExcept((byte)0);
        if (at >= 0)
        {
            throw new HeaderException(HeaderError.Invalid,
                $"the header's bytes from {from} to {header.Extensions.Start - 1} are not all zero (byte {from + at} is not) and {why}");
        }
    }
}
