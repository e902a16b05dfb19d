namespace Qcow2Fs.Codec.Tables;

/// <summary>One entry of a bitmap's table: where a cluster of bits lies, or whether they are all ones (specification, "Bitmap table").</summary>
/// <param name="Value">The entry as read.</param>
public readonly record struct BitmapTableEntry(ulong Value)
{
    private const ulong OffsetMask = 0x00fffffffffffe00;
    private const ulong AllOnesMask = 1;

    /// <summary>The offset of the cluster of bits; 0 if there is none.</summary>
    public ulong Offset => Value & OffsetMask;

    /// <summary>Whether bit 0 is set: the bits are all ones. Allowed only without a cluster.</summary>
    public bool IsAllOnes => (Value & AllOnesMask) != 0;

    /// <summary>The reserved bits, which must be 0.</summary>
    public ulong Reserved => Value & ~(OffsetMask | AllOnesMask);
}
