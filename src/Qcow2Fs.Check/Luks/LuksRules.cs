namespace Qcow2Fs.Check;

/// <summary>
/// QEMU's checks of a LUKS header (qcrypto_block_luks_open): all that it makes without a key, and what a key slot's position
/// shows before a key is tried.
/// </summary>
internal static class LuksRules
{
    private static readonly byte[] s_magic = [.. "LUKS"u8, 0xba, 0xbe];

    private const uint SlotEnabled = 0x00ac71f3;
    private const uint SlotDisabled = 0x0000dead;
    private const uint HeaderSectors = 8;
    private const string OutsideExtension = "Request for data outside of extension header";

    /// <summary>The refusals of the header at that offset, whose length the extension gives.</summary>
    public static IEnumerable<Refusal> Find(OpenState s, ulong offset, ulong length, Subject subject)
    {
        if (length < LuksHeader.Size)
        {
            return [new(subject, OutsideExtension, null, "luks-outside")];
        }

        if (TableRules.IsBehindLimit(offset, LuksHeader.Size))
        {
            return [new(subject, "Could not read encryption header: Input/output error", null, "luks-unreadable")];
        }

        var header = new LuksHeader(new ImageReader(s.Image, LuksHeader.Size), offset);
        if ((Fields(header) ?? Slots(header) ?? LuksAlgorithms.Find(header, s.Qemu)) is { } bad)
        {
            return [new(subject, bad.Sentence, null, bad.Part)];
        }

        return KeyMaterial(header, length) is { } slot ? [new(subject, slot.Sentence, null, slot.Part) { OpenModes = OpenModes.Data }] : [];
    }

    private static Fault? Fields(LuksHeader header) =>
        !header.Magic.SequenceEqual(s_magic) ? new("luks-magic", "Volume is not in LUKS format")
        : header.Version != 1 ? new("luks-version", $"LUKS version {header.Version} is not supported")
        : !header.Cipher.Contains((byte)0) ? new("luks-cipher-nul", "LUKS header cipher name is not NUL terminated")
        : !header.Mode.Contains((byte)0) ? new("luks-mode-nul", "LUKS header cipher mode is not NUL terminated")
        : !header.Hash.Contains((byte)0) ? new("luks-hash-nul", "LUKS header hash spec is not NUL terminated")
        : header.PayloadSector < HeaderSectors ? new("luks-payload", "LUKS payload is overlapping with the header")
        : header.Iterations == 0 ? new("luks-iterations", "LUKS key iteration count is zero") : null;

    private static Fault? Slots(LuksHeader header) => Enumerable.Range(0, LuksHeader.SlotCount)
        .Select(i => Slot(header, i) ?? Overlaps(header, i)).FirstOrDefault(fault => fault is not null);

    private static Fault? Slot(LuksHeader header, int i)
    {
        var slot = header.Slot(i);
        return slot.Stripes != LuksHeader.Stripes
                ? new("luks-stripes", $"Keyslot {i} is corrupted (stripes {(int)slot.Stripes} != {LuksHeader.Stripes})")
            : slot.State is not SlotDisabled and not SlotEnabled ? new("luks-state", $"Keyslot {i} state (active/disable) is corrupted")
            : slot.State == SlotEnabled && slot.Iterations == 0 ? new("luks-slot-iterations", $"Keyslot {i} iteration count is zero")
            : slot.Sector < HeaderSectors ? new("luks-slot-header", $"Keyslot {i} is overlapping with the LUKS header")
            // QEMU adds as 32-bit numbers here, which can wrap around.
            : unchecked(slot.Sector + MaterialSectors(header, slot.Stripes)) > header.PayloadSector
                ? new("luks-slot-payload", $"Keyslot {i} is overlapping with the encrypted payload") : null;
    }

    private static Fault? Overlaps(LuksHeader header, int i)
    {
        var slot = header.Slot(i);
        for (var j = i + 1; j < LuksHeader.SlotCount; j++)
        {
            var other = header.Slot(j);
            var end = (ulong)slot.Sector + MaterialSectors(header, slot.Stripes);
            var otherEnd = (ulong)other.Sector + MaterialSectors(header, other.Stripes);
            if (otherEnd > slot.Sector && end > other.Sector)
            {
                return new("luks-slots", $"Keyslots {i} and {j} are overlapping in the header");
            }
        }

        return null;
    }

    // A slot is only tried if none before it fits the key, so of the enabled ones just the first is certain to be read.
    private static Fault? KeyMaterial(LuksHeader header, ulong length)
    {
        var slot = Enumerable.Range(0, LuksHeader.SlotCount).Select(header.Slot).FirstOrDefault(slot => slot.State == SlotEnabled);
        var end = ((ulong)slot.Sector * LuksHeader.SectorSize) + header.MaterialBytes(slot.Stripes);
        return slot.State != SlotEnabled ? new("luks-no-key", "Invalid password, cannot unlock any keyslot")
            : end > length ? new("luks-key-outside", OutsideExtension)
            : LuksAlgorithms.FindWithKey(header);
    }

    // Rounded up to sectors and then to the header's size.
    private static uint MaterialSectors(LuksHeader header, uint stripes)
    {
        var sectors = (header.MaterialBytes(stripes) + (ulong)LuksHeader.SectorSize - 1) / LuksHeader.SectorSize;
        return (uint)((sectors + HeaderSectors - 1) / HeaderSectors * HeaderSectors);
    }
}

/// <summary>A LUKS version 1 header ("LUKS On-Disk Format Specification" 1.2, "Partition header"), decoded without validation.</summary>
internal sealed class LuksHeader
{
    /// <summary>Bytes of the header with its key slots.</summary>
    public const int Size = KeySlots + (SlotCount * SlotSize);

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
