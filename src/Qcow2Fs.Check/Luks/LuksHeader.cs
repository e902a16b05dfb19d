namespace Qcow2Fs.Check;

/// <summary>A LUKS version 1 header ("LUKS On-Disk Format Specification" 1.2, "Partition header"), decoded without validation.</summary>
internal sealed class LuksHeader
{
    /// <summary>Bytes of the header with its key slots.</summary>
    public const int Size = KeySlots + (SlotCount * SlotSize);

    /// <summary>Key slots.</summary>
    public const int SlotCount = 8;

    /// <summary>The unit of offsets.</summary>
    public const int SectorSize = 512;

    /// <summary>The stripes that every key slot must have.</summary>
    public const uint Stripes = 4000;

    private const int TextSize = 32;
    private const int CipherName = 8;
    private const int CipherMode = CipherName + TextSize;
    private const int HashSpec = CipherMode + TextSize;
    private const int PayloadOffsetAt = HashSpec + TextSize;
    private const int KeyBytesAt = PayloadOffsetAt + 4;
    // Between them lie the master key's digest (20 bytes) and salt (32).
    private const int IterationsAt = KeyBytesAt + 4 + 20 + 32;
    private const int KeySlots = IterationsAt + 4 + 40;
    private const int SlotSize = 48;

    private readonly byte[] _bytes = new byte[Size];

    public LuksHeader(ImageReader image, ulong offset) => image.Read((long)offset, _bytes);

    public ReadOnlySpan<byte> Magic => _bytes.AsSpan(0, 6);

    public int Version => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(6));

    public ReadOnlySpan<byte> Cipher => _bytes.AsSpan(CipherName, TextSize);

    public ReadOnlySpan<byte> Mode => _bytes.AsSpan(CipherMode, TextSize);

    public ReadOnlySpan<byte> Hash => _bytes.AsSpan(HashSpec, TextSize);

    public uint PayloadSector => Number(PayloadOffsetAt);

    public uint KeyBytes => Number(KeyBytesAt);

    public uint Iterations => Number(IterationsAt);

    public (uint State, uint Iterations, uint Sector, uint Stripes) Slot(int index)
    {
        var at = KeySlots + (index * SlotSize);
        return (Number(at), Number(at + 4), Number(at + 40), Number(at + 44));
    }

    /// <summary>Bytes of a slot's key material. QEMU multiplies as 32-bit numbers, which can wrap around.</summary>
    public uint MaterialBytes(uint stripes) => unchecked(KeyBytes * stripes);

    private uint Number(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));
}
