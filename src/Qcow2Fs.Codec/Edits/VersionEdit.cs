namespace Qcow2Fs.Codec.Edits;

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

        static HeaderException Lost(string why) => new(HeaderError.Invalid, $"{why}; version 2 cannot say that");
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
