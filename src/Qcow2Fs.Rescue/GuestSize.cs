namespace Qcow2Fs.Rescue;

/// <summary>What the content of a guest's disk says of the disk's size.</summary>
/// <param name="What">Where it is said.</param>
/// <param name="Bytes">The size, or the least that it can be.</param>
/// <param name="IsExact">Whether it is the size that the disk had when this was written.</param>
internal readonly record struct GuestSize(string What, ulong Bytes, bool IsExact)
{
    private const int Sector = 512;
    private const int Block = 4096;
    private const int BtrfsOffset = 0x10000;

    /// <summary>The first of GPT, LVM, file systems and MBR that the disk has; null if it has none or cannot be read.</summary>
    public static GuestSize? Of(GuestDisk disk)
    {
        var start = disk.Read(0, Block);
        return start is null ? null
            : Gpt(start, Sector) ?? (disk.Read(Block, Sector) is { } second ? Gpt([.. new byte[Block], .. second], Block) : null)
                ?? Lvm(start) ?? Ext4(start) ?? Xfs(start) ?? Ntfs(start)
                ?? (disk.Read(BtrfsOffset, Sector) is { } super ? Btrfs(super) : null) ?? Mbr(start);
    }

    // UEFI specification, "GPT Header": the backup lies in the disk's last block.
    private static GuestSize? Gpt(ReadOnlySpan<byte> disk, int block)
    {
        var header = disk[block..];
        return header.StartsWith("EFI PART"u8) && U64(header, 24) == 1 && U64(header, 32) is > 1 and < long.MaxValue / Block and var backup
            ? new("the GPT's backup header", (backup + 1) * (ulong)block, IsExact: true) : null;
    }

    // A physical volume: the label in one of the first four sectors, and behind it a header with the device's size.
    private static GuestSize? Lvm(ReadOnlySpan<byte> disk)
    {
        for (var at = 0; at < 4 * Sector; at += Sector)
        {
            var label = disk[at..];
            if (label.StartsWith("LABELONE"u8) && label[24..].StartsWith("LVM2 001"u8)
                && U32(label, 20) is > 0 and < Sector - 40 and var header)
            {
                return Least("an LVM physical volume", U64(label, (int)header + 32));
            }
        }

        return null;
    }

    private static GuestSize? Ext4(ReadOnlySpan<byte> disk)
    {
        const int SuperBlock = 1024;
        const uint Has64Bit = 0x80;
        var super = disk[SuperBlock..];
        return U16(super, 0x38) == 0xef53 && U32(super, 0x18) <= 6
            ? Least("an ext4 file system",
                (U32(super, 4) | ((U32(super, 0x60) & Has64Bit) != 0 ? (ulong)U32(super, 0x150) << 32 : 0)) << (10 + (int)U32(super, 0x18)))
            : null;
    }

    private static GuestSize? Xfs(ReadOnlySpan<byte> disk) =>
        disk.StartsWith("XFSB"u8) && BinaryPrimitives.ReadUInt32BigEndian(disk[4..]) is >= Sector and <= 65536 and var block
            && BinaryPrimitives.ReadUInt64BigEndian(disk[8..]) is < 1UL << 47 and var blocks
            ? Least("an XFS file system", blocks * block) : null;

    // Behind the file system's last sector lies the copy of its first.
    private static GuestSize? Ntfs(ReadOnlySpan<byte> disk) =>
        disk[3..].StartsWith("NTFS    "u8) && U16(disk, 0x0b) is >= Sector and <= Block and var sector
            && U64(disk, 0x28) is < 1UL << 50 and var count
            ? Least("an NTFS file system", (count + 1) * sector) : null;

    private static GuestSize? Btrfs(ReadOnlySpan<byte> super) =>
        super[0x40..].StartsWith("_BHRfS_M"u8) ? Least("a btrfs file system", U64(super, 0xd1)) : null;

    private static GuestSize? Mbr(ReadOnlySpan<byte> disk)
    {
        const int Table = 446;
        const int EntrySize = 16;
        const byte Protective = 0xee;
        var end = 0UL;
        if (disk[510] != 0x55 || disk[511] != 0xaa)
        {
            return null;
        }

        for (var at = Table; at < 510; at += EntrySize)
        {
            var entry = disk.Slice(at, EntrySize);
            if (!entry.ContainsAnyExcept((byte)0))
            {
                continue;
            }

            // The start of a file system looks like an MBR, but its code is no table.
            if ((entry[0] & 0x7f) != 0 || entry[4] is 0 or Protective || U32(entry, 8) == 0 || U32(entry, 12) == 0)
            {
                return null;
            }

            end = Math.Max(end, (ulong)U32(entry, 8) + U32(entry, 12));
        }

        return Least("the MBR's last partition", end * Sector);
    }

    private static GuestSize? Least(string what, ulong bytes) => bytes is > 0 and < long.MaxValue ? new(what, bytes, IsExact: false) : null;

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
