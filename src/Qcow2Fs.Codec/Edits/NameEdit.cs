namespace Qcow2Fs.Codec.Edits;

/// <summary>Sets and removes the backing file's name.</summary>
public static class NameEdit
{
    /// <summary>The header with that backing file name. The name's bytes are kept as they are, UTF-8 or not.</summary>
    /// <exception cref="HeaderException">NameTooLong (above 1023 bytes), NoRoom or Malformed.</exception>
    public static Header WithBackingFile(this Header header, ReadOnlySpan<byte> name)
    {
        RequireBackingFile(name);
        return HeaderComposer.ReplaceName(header, name, hasName: true);
    }

    /// <summary>The header without a backing file: both fields 0, the name's bytes zero. The backing format stays.</summary>
    /// <exception cref="HeaderException">Malformed.</exception>
    public static Header WithoutBackingFile(this Header header) =>
        header.HasBackingFile ? HeaderComposer.ReplaceName(header, [], hasName: false) : header;

    /// <summary>The header with that backing format.</summary>
    /// <exception cref="HeaderException">NameTooLong (above 15 bytes, QEMU's limit), NoRoom or Malformed.</exception>
    public static Header WithBackingFormat(this Header header, ReadOnlySpan<byte> format)
    {
        RequireBackingFormat(format);
        return header.WithExtension(ExtensionMagic.BackingFormat, format);
    }

    /// <summary>Refuses what cannot be a backing file's name.</summary>
    /// <exception cref="HeaderException">NameTooLong: above 1023 bytes.</exception>
    public static void RequireBackingFile(ReadOnlySpan<byte> name) => RequireLength(name, Limits.BackingFileName, "a backing file's name");

    /// <summary>Refuses what cannot be a backing format.</summary>
    /// <exception cref="HeaderException">NameTooLong: above 15 bytes, QEMU's limit.</exception>
    public static void RequireBackingFormat(ReadOnlySpan<byte> format) => RequireLength(format, Limits.BackingFormat, "a backing format");

    internal static void RequireLength(ReadOnlySpan<byte> name, int limit, string kind)
    {
        if (name.Length > limit)
        {
            throw new HeaderException(HeaderError.NameTooLong, $"{kind} has at most {limit} bytes, this one has {name.Length}");
        }
    }
}
