namespace Qcow2Fs.Codec.Edits;

/// <summary>Sets and removes the backing file's name.</summary>
public static class NameEdit
{
    /// <summary>The longest name that the specification allows, in bytes.</summary>
    public const int MaxNameLength = 1023;

    /// <summary>The longest backing format that QEMU takes, in bytes.</summary>
    public const int MaxFormatLength = 15;

    /// <summary>The header with that backing file name. The name's bytes are kept as they are, UTF-8 or not.</summary>
    /// <exception cref="HeaderException">NameTooLong (above 1023 bytes), NoRoom or Malformed.</exception>
    public static Header WithBackingFile(this Header header, ReadOnlySpan<byte> name)
    {
        RequireBackingFile(name);
        return Composer.ReplaceName(header, name, hasName: true);
    }

    /// <summary>The header without a backing file: both fields 0, the name's bytes zero. The backing format stays.</summary>
    /// <exception cref="HeaderException">Malformed.</exception>
    public static Header WithoutBackingFile(this Header header) =>
        header.HasBackingFile ? Composer.ReplaceName(header, [], hasName: false) : header;

    /// <summary>The header with that backing format.</summary>
    /// <exception cref="HeaderException">NameTooLong (above 15 bytes, QEMU's limit), NoRoom or Malformed.</exception>
    public static Header WithBackingFormat(this Header header, ReadOnlySpan<byte> format)
    {
        RequireBackingFormat(format);
        return header.WithExtension(ExtensionMagic.BackingFormat, format);
    }

    /// <summary>Refuses what cannot be a backing file's name.</summary>
    /// <exception cref="HeaderException">NameTooLong: above 1023 bytes.</exception>
    public static void RequireBackingFile(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxNameLength)
        {
            throw new HeaderException(HeaderError.NameTooLong, $"a backing file's name has at most {MaxNameLength} bytes, this one has {name.Length}");
        }
    }

    /// <summary>Refuses what cannot be a backing format.</summary>
    /// <exception cref="HeaderException">NameTooLong: above 15 bytes, QEMU's limit.</exception>
    public static void RequireBackingFormat(ReadOnlySpan<byte> format)
    {
        if (format.Length > MaxFormatLength)
        {
            throw new HeaderException(HeaderError.NameTooLong, $"a backing format has at most {MaxFormatLength} bytes, this one has {format.Length}");
        }
    }
}
