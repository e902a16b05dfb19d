namespace Qcow2Fs.Check;

/// <summary>A format other than qcow2, by bytes that its files have at an offset; a negative one counts from the end of the file.</summary>
/// <param name="Id">Its name in rules: <c>format-ID</c> and <c>polyglot-ID</c>.</param>
/// <param name="Format">Its name as <c>qemu-img info</c> prints it; raw where QEMU knows no format.</param>
/// <param name="Description">What such a file is.</param>
/// <param name="Offset">Where the bytes are.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record FormatMark(string Id, string Format, string Description, long Offset, byte[] Bytes)
{
    /// <summary>Whether the disk of any guest may have it there: the end of a converted disk is often the end of the file.</summary>
    public bool IsOfGuests { get; init; }
}

/// <summary>The marks of other formats. Where a file has several, the first in the table is what it is.</summary>
internal static class FormatMarks
{
    /// <summary>A VHD's footer and a dmg's trailer are the last sector.</summary>
    public const int FooterSize = 512;

    public static readonly FormatMark Vmdk = new("vmdk", "vmdk", "a VMDK disk (VMware)", 0, [.. "KDMV"u8]);

    public static readonly FormatMark VmdkText = Vmdk with { Bytes = [.. "# Disk DescriptorFile"u8] };

    public static readonly FormatMark Vhd = new("vhd", "vpc", "a VHD disk (Virtual PC, Hyper-V)", 0, [.. "conectix"u8]);

    public static readonly FormatMark Vdi = new("vdi", "vdi", "a VDI disk (VirtualBox)", 64, [0x7f, 0x10, 0xda, 0xbe]);

    public static readonly FormatMark Zip = new("zip", "zip", "a zip archive", 0, [.. "PK"u8, 3, 4]);

    public static readonly FormatMark Iso = new("iso", "iso", "an ISO 9660 file system", 32769, [.. "CD001"u8]);

    private static readonly FormatMark s_luks = new("luks", "luks", "a LUKS volume", 0, [.. "LUKS"u8, 0xba, 0xbe]);

    private static readonly FormatMark s_gpt = new("gpt", "raw", "a raw disk with a GPT", 512, [.. "EFI PART"u8]);

    public static readonly ImmutableArray<FormatMark> All =
    [
        Vmdk,
        VmdkText,
        Vmdk with { Bytes = [.. "COWD"u8] },
        Vhd,
        new("vhdx", "vhdx", "a VHDX disk (Hyper-V)", 0, [.. "vhdxfile"u8]),
        new("qed", "qed", "a QED disk", 0, [.. "QED\0"u8]),
        s_luks,
        new("parallels", "parallels", "a Parallels disk", 0, [.. "WithoutFreeSpace"u8]),
        new("parallels", "parallels", "a Parallels disk", 0, [.. "WithouFreSpacExt"u8]),
        new("gzip", "gzip", "a gzip archive", 0, [0x1f, 0x8b]),
        new("xz", "xz", "an xz archive", 0, [0xfd, .. "7zXZ\0"u8]),
        new("zstd", "zstd", "a zstd archive", 0, [0x28, 0xb5, 0x2f, 0xfd]),
        new("bzip2", "bzip2", "a bzip2 archive", 0, [.. "BZh"u8]),
        Zip,
        new("elf", "raw", "a program (ELF)", 0, [0x7f, .. "ELF"u8]),
        Vdi,
        Iso,
        .. Descriptors("NSR02"u8), .. Descriptors("NSR03"u8),
        Vhd with { Offset = -FooterSize },
        // Virtual PC before 2004 wrote a byte less.
        Vhd with { Offset = 1 - FooterSize },
        new("dmg", "dmg", "a dmg disk (macOS)", -FooterSize, [.. "koly"u8]),
        new("tar", "tar", "a tar archive", 257, [.. "ustar"u8]),
        s_gpt,
        s_gpt with { Offset = 4096 },
        // Programs look for it in the first four sectors, and for the others wherever a page or a header may have ended.
        .. Each([0, 512, 1024, 1536], offset => new("lvm", "raw", "an LVM physical volume", offset, [.. "LABELONE"u8])),
        .. Each([0x1000, 0x2000, 0x4000, 0x8000, 0x10000],
            page => new("swap", "raw", "swap space of Linux", page - 10, [.. "SWAPSPACE2"u8])),
        .. Each([0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000],
            offset => s_luks with { Offset = offset, Bytes = [.. "SKUL"u8, 0xba, 0xbe] }),
        s_luks with { Offset = 512 },
        Vmdk with { Offset = 512, Bytes = [.. "COWD"u8] },
        new("md", "raw", "a member of an md RAID", 0x1000, [0xfc, 0x4e, 0x2b, 0xa9]),
        new("btrfs", "raw", "a btrfs file system", 0x10040, [.. "_BHRfS_M"u8]),
        new("hfs", "raw", "an HFS+ file system", 0x400, [.. "H+\0\u0004"u8]),
        new("jfs", "raw", "a JFS file system", 0x8000, [.. "JFS1"u8]),
        new("reiserfs", "raw", "a ReiserFS file system", 0x10034, [.. "ReIsEr"u8]),
        new("f2fs", "raw", "an F2FS file system", 0x400, [0x10, 0x20, 0xf5, 0xf2]),
        new("erofs", "raw", "an EROFS file system", 0x400, [0xe2, 0xe1, 0xf5, 0xe0]),
        new("mbr", "raw", "a raw disk with an MBR", 510, [0x55, 0xaa]),
        new("ext", "raw", "an ext2, ext3 or ext4 file system", 0x438, [0x53, 0xef]),
        .. Each([-512, -4096], offset => s_gpt with { Offset = offset, IsOfGuests = true }),
    ];

    /// <summary>A file without any byte.</summary>
    public static readonly FormatMark Empty = new("empty", "empty", "an empty file", 0, []);

    /// <summary>qcow2's predecessor, which has the same magic.</summary>
    public static readonly FormatMark Qcow = new("qcow", "qcow", "a disk of the format qcow, qcow2's predecessor", 0, []);

    /// <summary>What has no mark.</summary>
    public static readonly FormatMark Unknown = new("unknown", "unknown",
        "of no format that is known by a mark; QEMU would take it as raw", 0, []);

    private static IEnumerable<FormatMark> Each(long[] offsets, Func<long, FormatMark> mark) => offsets.Select(mark);

    // The volume descriptors of a disc are sectors of 2048 bytes from sector 16 on.
    private static IEnumerable<FormatMark> Descriptors(ReadOnlySpan<byte> name)
    {
        byte[] bytes = [.. name];
        return Enumerable.Range(0, 16).Select(i => new FormatMark("udf", "raw", "a UDF file system", Iso.Offset + (i * 2048), bytes));
    }
}

/// <summary>The format of a file, by what it starts and ends with.</summary>
public static class ImageFormat
{
    /// <summary>qcow2, version 2 or 3.</summary>
    public const string Qcow2 = "qcow2";

    /// <summary>The name that <c>qemu-img info</c> has; and iso, gzip, empty, unknown and the like, which QEMU takes as raw.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(Header header, IImageBytes image) => OtherFormat.Find(new(header, image))?.Mark.Format ?? Qcow2;

    /// <summary>Whether QEMU knows that format of disks, and does not take such a file as raw.</summary>
    public static bool IsDisk(string format) => format is Qcow2 or "qcow" or "vmdk" or "vpc" or "vdi" or "vhdx" or "qed" or "parallels";
}

/// <summary>Names what a file without qcow2's magic is.</summary>
internal static class OtherFormat
{
    /// <summary>The finding for a file that QEMU does not take as qcow2, version 2 or 3; null if it does.</summary>
    public static (FormatMark Mark, Finding Finding)? Find(OpenState s)
    {
        if (s.Header.HasMagic)
        {
            return s.Header.Version != 1 ? null
                : (FormatMarks.Qcow, new("format-qcow", Severity.Error, Of(HeaderFields.Version),
                    $"Unsupported qcow2 version 1: the file is {FormatMarks.Qcow.Description}"));
        }

        using var ends = new FileEnds(s);
        var mark = ends.Length == 0 ? FormatMarks.Empty : FormatMarks.All.FirstOrDefault(ends.Has) ?? FormatMarks.Unknown;
        var subject = Of(HeaderFields.Magic);
        // A magic over any other file would destroy it.
        return (mark, mark == FormatMarks.Unknown && HasLostItsMagic(s)
            ? new("magic", Severity.Error, subject, "Image is not in qcow2 format", new Remedy.Write(subject, "0x514649fb", Forced: true))
            : new($"format-{mark.Id}", Severity.Error, subject, $"Image is not in qcow2 format: the file is {mark.Description}"));
    }

    private static bool HasLostItsMagic(OpenState s) => s.Header.Version is 2 or 3 && s.Header.IsClusterSizeKnown
        && IsTable(s, HeaderFields.RefcountTableOffset) && IsTable(s, HeaderFields.L1TableOffset);

    private static bool IsTable(OpenState s, Field offset) =>
        s[offset] >= s.ClusterSize && s[offset] % s.ClusterSize == 0 && s[offset] < (ulong)s.Image.Length;
}
