using System.Buffers;

namespace Qcow2Fs.Check;

/// <summary>A format other than qcow2, by bytes that its files have at an offset; a negative one counts from the end of the file.</summary>
/// <param name="Id">Its name in rules: <c>format-ID</c> and <c>polyglot-ID</c>.</param>
/// <param name="Format">Its name as <c>qemu-img info</c> prints it; raw where QEMU knows no format.</param>
/// <param name="Description">What such a file is.</param>
/// <param name="Offset">Where the bytes are.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record FormatMark(string Id, string Format, string Description, long Offset, byte[] Bytes);

/// <summary>The marks of other formats. Where a file has several, the first in the table is what it is.</summary>
internal static class FormatMarks
{
    /// <summary>A VHD's footer and a dmg's trailer are the last sector.</summary>
    public const int FooterSize = 512;

    public static readonly FormatMark Vmdk = new("vmdk", "vmdk", "a VMDK disk (VMware)", 0, [.. "KDMV"u8]);

    public static readonly FormatMark VmdkText = Vmdk with { Bytes = [.. "# Disk DescriptorFile"u8] };

    public static readonly FormatMark Vhd = new("vhd", "vpc", "a VHD disk (Virtual PC, Hyper-V)", 0, [.. "conectix"u8]);

    public static readonly FormatMark Vdi = new("vdi", "vdi", "a VDI disk (VirtualBox)", 64, [0x7f, 0x10, 0xda, 0xbe]);

    public static readonly FormatMark Iso = new("iso", "iso", "an ISO 9660 file system", 32769, [.. "CD001"u8]);

    public static readonly ImmutableArray<FormatMark> All =
    [
        Vmdk,
        VmdkText,
        Vmdk with { Bytes = [.. "COWD"u8] },
        Vhd,
        new("vhdx", "vhdx", "a VHDX disk (Hyper-V)", 0, [.. "vhdxfile"u8]),
        new("qed", "qed", "a QED disk", 0, [.. "QED\0"u8]),
        new("luks", "luks", "a LUKS volume", 0, [.. "LUKS"u8, 0xba, 0xbe]),
        new("parallels", "parallels", "a Parallels disk", 0, [.. "WithoutFreeSpace"u8]),
        new("parallels", "parallels", "a Parallels disk", 0, [.. "WithouFreSpacExt"u8]),
        new("gzip", "gzip", "a gzip archive", 0, [0x1f, 0x8b]),
        new("xz", "xz", "an xz archive", 0, [0xfd, .. "7zXZ\0"u8]),
        new("zstd", "zstd", "a zstd archive", 0, [0x28, 0xb5, 0x2f, 0xfd]),
        new("bzip2", "bzip2", "a bzip2 archive", 0, [.. "BZh"u8]),
        new("zip", "zip", "a zip archive", 0, [.. "PK"u8, 3, 4]),
        new("elf", "raw", "a program (ELF)", 0, [0x7f, .. "ELF"u8]),
        Vdi,
        Iso,
        Vhd with { Offset = -FooterSize },
        new("dmg", "dmg", "a dmg disk (macOS)", -FooterSize, [.. "koly"u8]),
        new("tar", "tar", "a tar archive", 257, [.. "ustar"u8]),
        new("gpt", "raw", "a raw disk with a GPT", 512, [.. "EFI PART"u8]),
        new("mbr", "raw", "a raw disk with an MBR", 510, [0x55, 0xaa]),
    ];

    /// <summary>A file without any byte.</summary>
    public static readonly FormatMark Empty = new("empty", "empty", "an empty file", 0, []);

    /// <summary>qcow2's predecessor, which has the same magic.</summary>
    public static readonly FormatMark Qcow = new("qcow", "qcow", "a disk of the format qcow, qcow2's predecessor", 0, []);

    /// <summary>What has no mark.</summary>
    public static readonly FormatMark Unknown = new("unknown", "unknown",
        "of no format that is known by a mark; QEMU would take it as raw", 0, []);
}

/// <summary>The parts of a file in which other formats have their marks: its first 64 KiB and its end.</summary>
internal sealed class FileEnds : IDisposable
{
    public const int Size = 1 << 16;

    private readonly ReadOnlyMemory<byte> _start;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(2 * Size);
    private readonly int _endLength;

    /// <exception cref="IOException">The file cannot be read.</exception>
    public FileEnds(OpenState s)
    {
        var reader = new ImageReader(s.Image);
        Length = s.Image.Length;
        // The header's cluster was read already; most often it is all that is wanted.
        _start = s.Header.Bytes.Length >= Size ? s.Header.Bytes[..Size] : _buffer.AsMemory(0, Read(0, _buffer.AsSpan(0, Size)));
        EndOffset = Math.Max(Size, Length - Size);
        _endLength = Read(EndOffset, _buffer.AsSpan(Size, Size));

        int Read(long offset, Span<byte> part)
        {
            var length = (int)Math.Min(Size, Math.Max(0, Length - offset));
            reader.Read(offset, part[..length]);
            return length;
        }
    }

    public long Length { get; }

    public ReadOnlySpan<byte> Start => _start.Span;

    /// <summary>The last bytes that <see cref="Start"/> does not have.</summary>
    public ReadOnlySpan<byte> End => _buffer.AsSpan(Size, _endLength);

    /// <summary>Where <see cref="End"/> starts.</summary>
    public long EndOffset { get; }

    public bool Has(FormatMark mark)
    {
        var offset = mark.Offset < 0 ? Length + mark.Offset : mark.Offset;
        return offset >= 0 && offset < Length && (At(Start, offset) || At(End, offset - EndOffset));

        bool At(ReadOnlySpan<byte> part, long at) => at >= 0 && at < part.Length && part[(int)at..].StartsWith(mark.Bytes);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}

/// <summary>The format of a file, by what it starts and ends with.</summary>
public static class ImageFormat
{
    /// <summary>qcow2, version 2 or 3.</summary>
    public const string Qcow2 = "qcow2";

    /// <summary>The name that <c>qemu-img info</c> has; and iso, gzip, empty, unknown and the like, which QEMU takes as raw.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(Header header, IImageBytes image) => OtherFormat.Find(new(header, image, path: null))?.Mark.Format ?? Qcow2;

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

/// <summary>Images of qcow2 that are also something else, to a program that guesses.</summary>
internal static class Polyglots
{
    // Some programs look for these further behind too.
    private static readonly FormatMark[] s_anywhere = [FormatMarks.Vmdk, FormatMarks.VmdkText, FormatMarks.Vhd, FormatMarks.Vdi];

    // At offset 0 is qcow2's own mark.
    private static readonly FormatMark[] s_elsewhere = [.. FormatMarks.All.Where(mark => mark.Offset != 0)];

    /// <summary>The marks that are looked for.</summary>
    public static IEnumerable<FormatMark> Marks => s_elsewhere.Concat(s_anywhere);

    public static IEnumerable<Finding> Find(OpenState s)
    {
        using var ends = new FileEnds(s);
        var found = new Dictionary<string, Finding>();
        foreach (var mark in s_elsewhere.Where(ends.Has))
        {
            Add(mark, mark.Offset < 0 ? ends.Length + mark.Offset : mark.Offset);
        }

        // Most of both parts is zeros, and no mark ends in one.
        var start = WithoutZerosBehind(ends.Start);
        foreach (var mark in s_anywhere)
        {
            if (start.IndexOf(mark.Bytes) is >= 0 and var at)
            {
                Add(mark, at);
            }
        }

        // A disc may be appended: its volume descriptors lie at multiples of 2048 bytes from its own start.
        if (WithoutZerosBehind(ends.End).IndexOf(FormatMarks.Iso.Bytes) is >= 0 and var iso && (ends.EndOffset + iso - 1) % 512 == 0)
        {
            Add(FormatMarks.Iso, ends.EndOffset + iso);
        }

        return found.Values;

        static ReadOnlySpan<byte> WithoutZerosBehind(ReadOnlySpan<byte> part) => part[..(part.LastIndexOfAnyExcept((byte)0) + 1)];

        void Add(FormatMark mark, long offset)
        {
            var isInHeader = offset < (long)s.ClusterSize;
            found.TryAdd(mark.Id, new($"polyglot-{mark.Id}", isInHeader ? Severity.Warning : Severity.Note, new HeaderCluster(),
                $"the file is also {mark.Description}, by its bytes at offset {offset}"
                + (isInHeader ? ", in the header's cluster" : "; they may be data of the guest")));
        }
    }
}
