using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Tables;

namespace Qcow2Fs.Check;

/// <summary>
/// QEMU's checks of a LUKS header (qcrypto_block_luks_open): all that it makes without a key, and what of a key slot's place
/// shows before a key is tried.
/// </summary>
internal static class LuksRules
{
    private static readonly byte[] s_magic = [.. "LUKS"u8, 0xba, 0xbe];

    private const uint SlotEnabled = 0x00ac71f3;
    private const uint SlotDisabled = 0x0000dead;
    private const uint HeaderSectors = 8;
    private const string OutsideExtension = "Request for data outside of extension header";

    /// <summary>The refusals of the header at that offset, of which the extension says it has so many bytes.</summary>
    public static IEnumerable<Refusal> Find(IImageBytes image, ulong offset, ulong length, string place)
    {
        if (length < LuksHeader.Size)
        {
            return [new(place, OutsideExtension, null, "-luks-outside")];
        }

        if (TableRules.IsBehindLimit(offset, LuksHeader.Size))
        {
            return [new(place, "Could not read encryption header: Input/output error", null, "-luks-unreadable")];
        }

        var header = new LuksHeader(new ImageReader(image, LuksHeader.Size), offset);
        if ((Fields(header) ?? Slots(header) ?? LuksAlgorithms.Find(header)) is { } bad)
        {
            return [new(place, bad.Sentence, null, bad.Part)];
        }

        return KeyMaterial(header, length) is { } slot ? [new(place, slot.Sentence, null, slot.Part) { OpenModes = OpenModes.Data }] : [];
    }

    private static (string Sentence, string Part)? Fields(LuksHeader header)
    {
        if (!header.Magic.SequenceEqual(s_magic))
        {
            return ("Volume is not in LUKS format", "-luks-magic");
        }

        if (header.Version != 1)
        {
            return ($"LUKS version {header.Version} is not supported", "-luks-version");
        }

        if (!header.Cipher.Contains((byte)0))
        {
            return ("LUKS header cipher name is not NUL terminated", "-luks-cipher-nul");
        }

        if (!header.Mode.Contains((byte)0))
        {
            return ("LUKS header cipher mode is not NUL terminated", "-luks-mode-nul");
        }

        if (!header.Hash.Contains((byte)0))
        {
            return ("LUKS header hash spec is not NUL terminated", "-luks-hash-nul");
        }

        if (header.PayloadSector < HeaderSectors)
        {
            return ("LUKS payload is overlapping with the header", "-luks-payload");
        }

        return header.Iterations == 0 ? ("LUKS key iteration count is zero", "-luks-iterations") : null;
    }

    private static (string Sentence, string Part)? Slots(LuksHeader header)
    {
        for (var i = 0; i < LuksHeader.SlotCount; i++)
        {
            var slot = header.Slot(i);
            var sectors = MaterialSectors(header, slot.Stripes);
            if (slot.Stripes != LuksHeader.Stripes)
            {
                return ($"Keyslot {i} is corrupted (stripes {(int)slot.Stripes} != {LuksHeader.Stripes})", "-luks-stripes");
            }

            if (slot.State is not SlotDisabled and not SlotEnabled)
            {
                return ($"Keyslot {i} state (active/disable) is corrupted", "-luks-state");
            }

            if (slot.State == SlotEnabled && slot.Iterations == 0)
            {
                return ($"Keyslot {i} iteration count is zero", "-luks-slot-iterations");
            }

            if (slot.Sector < HeaderSectors)
            {
                return ($"Keyslot {i} is overlapping with the LUKS header", "-luks-slot-header");
            }

            // QEMU adds as 32-bit numbers here, which can wrap around.
            if (unchecked(slot.Sector + sectors) > header.PayloadSector)
            {
                return ($"Keyslot {i} is overlapping with the encrypted payload", "-luks-slot-payload");
            }

            for (var j = i + 1; j < LuksHeader.SlotCount; j++)
            {
                var other = header.Slot(j);
                if (Overlap(slot.Sector, sectors, other.Sector, MaterialSectors(header, other.Stripes)))
                {
                    return ($"Keyslots {i} and {j} are overlapping in the header", "-luks-slots");
                }
            }
        }

        return null;
    }

    // A slot is only tried if none before it fits the key, so of the enabled ones just the first is certain to be read.
    private static (string Sentence, string Part)? KeyMaterial(LuksHeader header, ulong length)
    {
        for (var i = 0; i < LuksHeader.SlotCount; i++)
        {
            var slot = header.Slot(i);
            if (slot.State == SlotEnabled)
            {
                var end = ((ulong)slot.Sector * LuksHeader.SectorSize) + header.MaterialBytes(slot.Stripes);
                return end > length ? (OutsideExtension, "-luks-key-outside") : LuksAlgorithms.FindWithKey(header);
            }
        }

        return ("Invalid password, cannot unlock any keyslot", "-luks-no-key");
    }

    // Rounded up to sectors and then to the header's size.
    private static uint MaterialSectors(LuksHeader header, uint stripes)
    {
        var sectors = (header.MaterialBytes(stripes) + (ulong)LuksHeader.SectorSize - 1) / LuksHeader.SectorSize;
        return (uint)((sectors + HeaderSectors - 1) / HeaderSectors * HeaderSectors);
    }

    private static bool Overlap(ulong start1, ulong length1, ulong start2, ulong length2) =>
        start2 + length2 > start1 && start1 + length1 > start2;
}
