namespace Qcow2Fs.Image.Native;

/// <summary>d_type of a directory entry (dirent.h).</summary>
internal enum DirectoryEntryType : byte
{
    /// <summary>The file system does not report types.</summary>
    Unknown = 0,
    Directory = 4,
    BlockDevice = 6,
    File = 8,
}

/// <summary>Names in a directory as bytes, which .NET would decode and so lose what is not UTF-8.</summary>
internal static class DirectoryEntries
{
    private const int BufferSize = 64 << 10;

    // struct linux_dirent64: inode and offset of 8 bytes each, then these.
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    /// <summary>All entries but "." and "..".</summary>
    /// <exception cref="ImageException">The directory cannot be read.</exception>
    public static List<(byte[] Name, DirectoryEntryType Type)> Of(in FileDescriptor directory)
    {
        var entries = new List<(byte[], DirectoryEntryType)>();
        var buffer = new byte[BufferSize];
        while (true)
        {
            ImageException.ThrowIf(directory.ReadEntries(buffer, out var length), "cannot be listed");
            if (length == 0)
            {
                return entries;
            }

            var rest = buffer.AsSpan(0, length);
            while (!rest.IsEmpty)
            {
                var name = rest[NameOffset..];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    entries.Add((name.ToArray(), (DirectoryEntryType)rest[TypeOffset]));
                }

                rest = rest[BinaryPrimitives.ReadUInt16LittleEndian(rest[LengthOffset..])..];
            }
        }
    }
}
