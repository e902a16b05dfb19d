using System.Collections.Immutable;

namespace Qcow2Fs.TestKit;

/// <summary>A fixed header field as in the specification: its own offset, written down here a second time on purpose.</summary>
/// <param name="Name">The specification's name.</param>
/// <param name="Offset">Byte offset.</param>
/// <param name="Width">Bytes.</param>
/// <param name="Since">First version that has it.</param>
/// <param name="Absent">The value of a header without the field.</param>
public sealed record ReferenceField(string Name, int Offset, int Width, int Since = 2, ulong Absent = 0)
{
    /// <summary>Every field, in the order of the specification.</summary>
    public static readonly ImmutableArray<ReferenceField> All =
    [
        new("magic", 0, 4),
        new("version", 4, 4),
        new("backing_file_offset", 8, 8),
        new("backing_file_size", 16, 4),
        new("cluster_bits", 20, 4),
        new("size", 24, 8),
        new("crypt_method", 32, 4),
        new("l1_size", 36, 4),
        new("l1_table_offset", 40, 8),
        new("refcount_table_offset", 48, 8),
        new("refcount_table_clusters", 56, 4),
        new("nb_snapshots", 60, 4),
        new("snapshot_offset", 64, 8),
        new("incompatible_features", 72, 8, 3),
        new("compatible_features", 80, 8, 3),
        new("autoclear_features", 88, 8, 3),
        new("refcount_order", 96, 4, 3, 4),
        new("header_length", 100, 4, 3, 72),
        new("compression_type", 104, 1, 3),
    ];

    /// <summary>The length of a header that has every field, a multiple of 8.</summary>
    public static int FullLength => (All[^1].Offset + All[^1].Width + 7) / 8 * 8;

    /// <summary>Whether a version 3 header of that length has the field; all have those up to 104.</summary>
    public bool IsIn(ulong headerLength) => (ulong)(Offset + Width) <= Math.Max(headerLength, 104);

    /// <summary>The field of that name.</summary>
    public static ReferenceField Named(string name) => All.First(f => f.Name == name);

    /// <summary>Reads the value, big-endian; missing bytes are zeros.</summary>
    public ulong Read(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var i = Offset; i < Offset + Width; i++)
        {
            value = (value << 8) | (i < bytes.Length ? bytes[i] : (byte)0);
        }

        return value;
    }

    /// <summary>Writes the value, big-endian, as far as it fits.</summary>
    public void Write(Span<byte> bytes, ulong value)
    {
        for (var i = Width - 1; i >= 0; i--)
        {
            bytes[Offset + i] = (byte)value;
            value >>= 8;
        }
    }
}
