namespace Qcow2Fs.Check;

/// <summary>An image as QEMU sees it while it opens it: what the checks ask for more than once.</summary>
internal sealed class OpenState
{
    /// <summary>The incompatible bits that all known series of QEMU know.</summary>
    public const ulong KnownIncompatible = 0x1f;

    /// <summary>The autoclear bits that all known series of QEMU know.</summary>
    public const ulong KnownAutoclear = 3;

    public OpenState(Header header, IImageBytes image, string? path = null, QemuVersion qemu = QemuVersions.Newest)
    {
        Path = path;
        Qemu = qemu;
        // QEMU reads a file that ends inside the first cluster as if zeros followed.
        Header = header.IsClusterSizeKnown && header.Bytes.Length < header.ClusterSize ? Padded(header) : header;
        Image = image;
    }

    public Header Header { get; }

    public IImageBytes Image { get; }

    /// <summary>Where the image is, for names that are relative to it; null if nobody knows.</summary>
    public string? Path { get; }

    /// <summary>The series that opens it.</summary>
    public QemuVersion Qemu { get; }

    public ulong ClusterSize => (ulong)Header.ClusterSize;

    public bool IsVersion3 => Header.Version == 3;

    public ulong Incompatible => this[HeaderFields.IncompatibleFeatures];

    public ulong Autoclear => this[HeaderFields.AutoclearFeatures];

    public bool HasDataFile => (Incompatible & 4) != 0;

    public bool IsLuks => this[HeaderFields.CryptMethod] == 2;

    /// <summary>The disk's size as QEMU takes it: whole sectors.</summary>
    public ulong DiskSize => this[HeaderFields.Size] & ~511UL;

    /// <summary>The bitmaps that QEMU loads: it forgets the extension while the autoclear bit is clear, and refuses a bad one.</summary>
    public BitmapDirectory? Bitmaps =>
        (Autoclear & 1) != 0 && Header.LastIndexOf(ExtensionMagic.Bitmaps) is >= 0 and var index
            && ExtensionRules.FaultOf(this, Header.Extensions.Items[index]) is null
            ? BitmapDirectory.Of(Header, Image) : null;

    /// <summary>Whether <c>qemu-img check -r</c> would delete the snapshots: there are some, and bitmaps.</summary>
    public bool LosesSnapshotsByRepair => this[HeaderFields.NbSnapshots] > 0 && Header.LastIndexOf(ExtensionMagic.Bitmaps) >= 0;

    public ulong this[Field field] => Header[field];

    /// <summary>Whether a table that is in use starts in the first cluster.</summary>
    public bool OverlapsHeader(ulong offset, ulong length) => length > 0 && offset < ClusterSize;

    /// <summary>How the file ends before a table that is in use does, for a sentence about the table; null if it does not.</summary>
    public string? EndsBefore(ulong offset, ulong length) => (ulong)Image.Length is var end && length == 0 ? null
        : offset >= end ? "lies past the end of the file; QEMU reads it as zeros"
        : length > end - offset ? "is cut by the end of the file; QEMU reads the rest as zeros" : null;

    /// <summary>The payload of the last extension of that magic, the one that QEMU obeys; null if there is none.</summary>
    public byte[]? LastData(uint magic) => Header.TryGetExtension(magic, out var data) ? data.ToArray() : null;

    private static Header Padded(Header header)
    {
        var bytes = new byte[header.ClusterSize];
        header.Bytes.Span.CopyTo(bytes);
        return Header.Decode(bytes);
    }
}
