namespace Qcow2Fs.Codec;

/// <summary>One of the three fields of feature bits.</summary>
/// <param name="Name"><c>incompatible</c>, <c>compatible</c> or <c>autoclear</c>.</param>
/// <param name="Type">The group's number in the feature name table: 0, 1 or 2.</param>
/// <param name="Field">The header field that holds the bits.</param>
/// <param name="KnownBits">The names of the bits that the specification defines, from bit 0 on.</param>
public sealed record FeatureGroup(string Name, byte Type, Field Field, ImmutableArray<string> KnownBits)
{
    /// <summary>Bits in a group.</summary>
    public const int BitCount = 64;

    /// <summary>A reader that does not know a set bit must refuse the image.</summary>
    public static readonly FeatureGroup Incompatible = new("incompatible", 0, HeaderFields.IncompatibleFeatures,
        ["dirty", "corrupt", "external_data_file", "compression_type", "extended_l2"]);

    /// <summary>A reader may ignore the bits.</summary>
    public static readonly FeatureGroup Compatible = new("compatible", 1, HeaderFields.CompatibleFeatures, ["lazy_refcounts"]);

    /// <summary>A writer that does not know a set bit must clear it.</summary>
    public static readonly FeatureGroup Autoclear = new("autoclear", 2, HeaderFields.AutoclearFeatures, ["bitmaps", "raw_external_data"]);

    /// <summary>The groups in the order of their types.</summary>
    public static readonly ImmutableArray<FeatureGroup> All = [Incompatible, Compatible, Autoclear];

    /// <summary>The bit's name if it is known, else its number.</summary>
    public string NameOf(int bit) => bit < KnownBits.Length ? KnownBits[bit] : NumberText.Format((ulong)bit, FieldStyle.Decimal);

    /// <summary>The bit of a name or a number (0 to 63, no leading zeros), or null.</summary>
    public int? FindBit(string name) =>
        KnownBits.IndexOf(name) is >= 0 and var known ? known
        : name is [>= '1' and <= '9', >= '0' and <= '9'] or [>= '0' and <= '9']
            && int.Parse(name, CultureInfo.InvariantCulture) is < BitCount and var bit ? bit
        : null;

    /// <summary>The numbers of the bits that are set in a field, in ascending order.</summary>
    public static IEnumerable<int> BitsOf(ulong field) => Enumerable.Range(0, BitCount).Where(bit => (field & (1UL << bit)) != 0);
}
