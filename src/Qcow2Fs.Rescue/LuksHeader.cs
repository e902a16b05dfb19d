namespace Qcow2Fs.Rescue;

/// <summary>A LUKS header that lies in the image (specification, "Data encryption").</summary>
internal static class LuksHeader
{
    private const int VersionOffset = 6;
    private const int PayloadOffset = 104;
    private const int SectorSize = 512;

    // Beyond any header that QEMU writes: 8 key slots of some 256 KiB.
    private const uint MaxPayloadSector = 1 << 17;

    /// <summary>Whether a sector starts like a header that QEMU can read: version 1.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> sector) => sector.StartsWith("LUKS"u8)
        && sector[4] == 0xba && sector[5] == 0xbe && BinaryPrimitives.ReadUInt16BigEndian(sector[VersionOffset..]) == 1
        && BinaryPrimitives.ReadUInt32BigEndian(sector[PayloadOffset..]) is > 0 and <= MaxPayloadSector;

    /// <summary>Bytes of the header with its key slots: up to where a LUKS disk would have its payload.</summary>
    public static long Length(CachedBytes bytes, long offset) =>
        (long)BinaryPrimitives.ReadUInt32BigEndian(bytes.Peek(offset + PayloadOffset, 4)) * SectorSize;
}
