namespace Qcow2Fs.Codec;

/// <summary>
/// The first cluster of an image, decoded. It keeps the raw bytes, so that nothing is lost: typed getters read them,
/// edits (<see cref="Edits"/>) return a header with patched bytes, and encoding is <see cref="Bytes"/>.
/// </summary>
/// <remarks>
/// Decoding is lenient: any bytes decode. What QEMU or the specification would object to is the checks' business; here it
/// only matters what can be placed. Instances never change.
/// </remarks>
public sealed class Header
{
    /// <summary>The smallest cluster that there is, in bytes.</summary>
    public const int MinClusterSize = 1 << MinClusterBits;

    /// <summary>The largest cluster that there is, in bytes.</summary>
    public const int MaxClusterSize = 1 << MaxClusterBits;

    /// <summary>
    /// Bytes taken as the first cluster while cluster_bits is not 9 to 21: QEMU's default cluster, in which
    /// a damaged image's list and names most likely lie.
    /// </summary>
    public const int UnknownClusterSize = 1 << 16;

    /// <summary>"QFI" and 0xfb, the first four bytes of an image.</summary>
    public const uint MagicValue = 0x514649fb;

    private const int MinClusterBits = 9;
    private const int MaxClusterBits = 21;

    private readonly byte[] _bytes;

    private Header(byte[] bytes)
    {
        _bytes = bytes;
        var length = EffectiveLength();
        Extensions = ListProblem() is { } problem
            ? ExtensionList.Unreachable(length, problem)
            : ExtensionList.Decode(bytes, length, HasBackingFile ? NameStart : Limit);
    }

    /// <summary>The raw bytes, as read and patched.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The list of header extensions.</summary>
    public ExtensionList Extensions { get; }

    /// <summary>2 or 3 in an image that QEMU opens. Below 3 the layout is version 2's, above that version 3's.</summary>
    public uint Version => (uint)this[HeaderFields.Version];

    /// <summary>Whether cluster_bits is one that the format allows, so that the first cluster's end is known.</summary>
    public bool IsClusterSizeKnown => this[HeaderFields.ClusterBits] is >= MinClusterBits and <= MaxClusterBits;

    /// <summary>Bytes of the first cluster; see <see cref="UnknownClusterSize"/>.</summary>
    public int ClusterSize => ClusterSizeOf(_bytes);

    /// <summary>Whether the first four bytes are those of a qcow2 image.</summary>
    public bool HasMagic => this[HeaderFields.Magic] == MagicValue;

    /// <summary>The bytes of the backing file's name, cut where the cluster ends; empty if there is none.</summary>
    public ReadOnlySpan<byte> BackingFileName => _bytes.AsSpan(NameStart, NameLength);

    /// <summary>Whether the header names a backing file: backing_file_offset is not 0.</summary>
    public bool HasBackingFile => this[HeaderFields.BackingFileOffset] != 0;

    /// <summary>The first byte behind all that a reader consumes: fields, list, name. Equal bytes up to here decode equally.</summary>
    public int UsedLength => Math.Max(NameLength > 0 ? NameStart + NameLength : 0,
        Extensions.IsMalformed ? Extensions.AreaEnd : Math.Max(Extensions.TailEnd, HeaderFields.All.Size));

    /// <summary>Room left in the first cluster: the footprint that the list can grow by, 0 or more bytes.</summary>
    public int FreeBytes => Extensions.Problem is not null
        ? 0
        : Math.Max(0, Limit - NameLength - (HasEndMarker ? Extensions.TailEnd : PaddedItemsEnd + Extension.EntryHeaderSize));

    /// <summary>The name's first byte; the end of the bytes if it starts past them.</summary>
    internal int NameStart => HasBackingFile ? (int)Math.Min(this[HeaderFields.BackingFileOffset], (ulong)Limit) : 0;

    /// <summary>Bytes of the name that lie in the first cluster.</summary>
    internal int NameLength => HasBackingFile ? (int)Math.Min(this[HeaderFields.BackingFileSize], (ulong)(Limit - NameStart)) : 0;

    /// <summary>The end of the first cluster, or of the bytes where there are fewer.</summary>
    internal int Limit => Math.Min(ClusterSize, _bytes.Length);

    /// <summary>Whether edits can move extensions: the list decodes to its end, and the end of the cluster is known.</summary>
    internal bool CanMoveList => Extensions.Problem is null && IsClusterSizeKnown;

    // Where the end of the area has cut the last padding, the list needs it whole to grow.
    private int PaddedItemsEnd => Extensions.Start + Align.To8(Extensions.ItemsEnd - Extensions.Start);

    /// <summary>Whether the list ends with an end marker and not with the area.</summary>
    internal bool HasEndMarker => Extensions.TailEnd > Extensions.ItemsEnd;

    /// <summary>The field's value; a field that this header lacks has the value that the specification gives it.</summary>
    public ulong this[Field field] => Has(field) ? field.Read(_bytes) : field.Absent;

    /// <summary>
    /// Decodes the first cluster, at least <see cref="ClusterSizeOf"/> bytes for a whole view. Never fails and never reads past the bytes:
    /// what is missing to <see cref="MinClusterSize"/> counts as zeros, as QEMU reads a short file.
    /// </summary>
    public static Header Decode(ReadOnlySpan<byte> bytes)
    {
        var copy = new byte[Math.Max(bytes.Length, MinClusterSize)];
        bytes.CopyTo(copy);
        return new(copy);
    }

    /// <summary>
    /// A header over these bytes, at least <see cref="MinClusterSize"/>, which nobody changes while the header is in use.
    /// </summary>
    public static Header FromOwned(byte[] bytes) => new(bytes);

    /// <summary>Bytes of the first cluster, by the header's own cluster_bits: of an image's first bytes, at least 24.</summary>
    public static int ClusterSizeOf(ReadOnlySpan<byte> bytes) =>
        HeaderFields.ClusterBits.Read(bytes) is >= MinClusterBits and <= MaxClusterBits and var bits ? 1 << (int)bits : UnknownClusterSize;

    /// <summary>Whether the header's version and length have the field.</summary>
    public bool Has(Field field) =>
        field.Since <= 2 || (Version > 2
            && (field.End <= HeaderFields.Version3MinLength || HeaderFields.HeaderLength.Read(_bytes) >= (ulong)field.End));

    /// <summary>The payload of an extension of this header's list.</summary>
    public ReadOnlySpan<byte> DataOf(Extension extension) => _bytes.AsSpan(extension.DataOffset, extension.Length);

    /// <summary>The part of the list that cannot be decoded, to the end of the area; empty if there is none.</summary>
    public ReadOnlySpan<byte> MalformedBytes => Extensions.IsMalformed ? _bytes.AsSpan(Extensions.ItemsEnd..Extensions.AreaEnd) : [];

    /// <summary>The last extension of that magic, the one that QEMU obeys; -1 if there is none.</summary>
    public int LastIndexOf(uint magic)
    {
        var items = Extensions.Items;
        var index = items.Length - 1;
        while (index >= 0 && items[index].Magic != magic)
        {
            index--;
        }

        return index;
    }

    /// <summary>The payload of the last extension of that magic, the one that QEMU obeys; false if there is none.</summary>
    public bool TryGetExtension(uint magic, out ReadOnlySpan<byte> data)
    {
        var index = LastIndexOf(magic);
        data = index >= 0 ? DataOf(Extensions.Items[index]) : [];
        return index >= 0;
    }

    // The list starts at this offset exactly, even if it is not a multiple of 8 (QEMU checks neither).
    private int EffectiveLength() => Version < 3
        ? HeaderFields.Version2Length
        : (int)Math.Clamp(HeaderFields.HeaderLength.Read(_bytes), (ulong)HeaderFields.Version3MinLength, (ulong)Limit);

    private string? ListProblem()
    {
        var length = HeaderFields.HeaderLength.Read(_bytes);
        return Version >= 3 && (length < (ulong)HeaderFields.Version3MinLength || length > (ulong)ClusterSize)
            ? $"header_length is {length}, not {HeaderFields.Version3MinLength} to {ClusterSize}, so the extension list cannot be found"
            : null;
    }
}

/// <summary>Why an edit of a header fails.</summary>
public enum HeaderError
{
    /// <summary>The value is not one that the field, name or extension can have.</summary>
    Invalid,

    /// <summary>The number does not fit the field's width.</summary>
    OutOfRange,

    /// <summary>The name is longer than the specification allows.</summary>
    NameTooLong,

    /// <summary>The result does not fit the first cluster.</summary>
    NoRoom,

    /// <summary>The extension list cannot be decoded to its end, so nothing in it can be moved.</summary>
    Malformed,
}

/// <summary>An edit fails. The header that it was applied to is unchanged. The message has no trailing period.</summary>
public sealed class HeaderException(HeaderError error, string message) : Exception(message)
{
    /// <summary>The kind of error, for callers that map it to an errno.</summary>
    public HeaderError Error { get; } = error;
}
