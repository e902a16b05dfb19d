using Qcow2Fs.Codec;
using static Qcow2Fs.Check.Places;

namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the header extensions, in their order on disk (qcow2_read_extensions); specification, "Header extensions".</summary>
internal static class ExtensionRules
{
    public static IEnumerable<Refusal> List(OpenState s)
    {
        for (var i = 0; i < s.Header.Extensions.Items.Length; i++)
        {
            if (Refuses(s, i) is { } refusal)
            {
                yield return refusal;
            }
            else if (s.Header.Extensions.Items[i].Magic == ExtensionMagic.CryptoHeader)
            {
                foreach (var bad in Luks(s, i))
                {
                    yield return bad;
                }
            }
        }

        if (s.Header.Extensions.IsMalformed)
        {
            yield return new(MalformedExtension, "Header extension too large", Hints.Remove(MalformedExtension), "-area");
        }
    }

    /// <summary>What QEMU says of the extension itself, not of what it points at.</summary>
    public static Refusal? Refuses(OpenState s, int index)
    {
        // A list can have 262,144 entries, and only a refused one needs its place's name.
        var item = s.Header.Extensions.Items[index];
        var bad = item.Magic switch
        {
            ExtensionMagic.BackingFormat => BackingFormat(item),
            ExtensionMagic.CryptoHeader => CryptoHeader(s, item),
            ExtensionMagic.Bitmaps => Bitmaps(s, item),
            _ => null,
        };
        if (bad is not { } found)
        {
            return null;
        }

        var place = OfExtension(s.Header, index);
        return new(place, found.Sentence, Hint(item.Magic, s.IsLuks, place), found.Part);
    }

    private static string? Hint(uint magic, bool isLuks, string place) => magic switch
    {
        ExtensionMagic.Bitmaps => $"{Hints.Remove(place)} && {Hints.Repair}",
        // Without it nobody decrypts the disk any more.
        ExtensionMagic.CryptoHeader when isLuks => null,
        _ => Hints.Remove(place),
    };

    private static (string Sentence, string Part)? BackingFormat(Extension item) => item.Length > Limits.BackingFormat
        ? ($"ERROR: ext_backing_format: len={item.Length} too large (>={Limits.BackingFormat + 1})", "-backing-format")
        : null;

    private static (string Sentence, string Part)? CryptoHeader(OpenState s, Extension item)
    {
        if (!s.IsLuks)
        {
            return ("CRYPTO header extension only expected with LUKS encryption method", "-crypto-unexpected");
        }

        if (item.Length != CryptoHeaderFields.All.Length)
        {
            return ($"CRYPTO header extension size {item.Length}, but expected size {CryptoHeaderFields.All.Length}", "-crypto-length");
        }

        var offset = CryptoHeaderFields.Offset.Read(s.Header.DataOf(item));
        return offset % s.ClusterSize != 0
            ? ($"Encryption header offset '{offset}' is not a multiple of cluster size '{s.ClusterSize}'", "-crypto-offset")
            : null;
    }

    // Without the autoclear bit QEMU does not look behind the length.
    private static (string Sentence, string Part)? Bitmaps(OpenState s, Extension item)
    {
        if (item.Length != BitmapExtensionFields.Size)
        {
            return ("bitmaps_ext: Invalid extension length", "-bitmaps-length");
        }

        if ((s.Autoclear & 1) == 0)
        {
            return null;
        }

        var data = s.Header.DataOf(item);
        var count = BitmapExtensionFields.NbBitmaps.Read(data);
        var size = BitmapExtensionFields.DirectorySize.Read(data);
        if (BitmapExtensionFields.Reserved.Read(data) != 0)
        {
            return ("bitmaps_ext: Reserved field is not zero", "-bitmaps-reserved");
        }

        if (count > Limits.Bitmaps)
        {
            return ($"bitmaps_ext: Image has {count} bitmaps, exceeding the QEMU supported maximum of {Limits.Bitmaps}", "-bitmaps-many");
        }

        if (count == 0)
        {
            return ("found bitmaps extension with zero bitmaps", "-bitmaps-none");
        }

        if (BitmapExtensionFields.DirectoryOffset.Read(data) % s.ClusterSize != 0)
        {
            return ("bitmaps_ext: invalid bitmap directory offset", "-bitmaps-offset");
        }

        return size > (ulong)Limits.BitmapDirectory
            ? ($"bitmaps_ext: bitmap directory size ({size}) exceeds the maximum supported size ({Limits.BitmapDirectory})", "-bitmaps-size")
            : null;
    }

    private static IEnumerable<Refusal> Luks(OpenState s, int index)
    {
        var data = s.Header.DataOf(s.Header.Extensions.Items[index]);
        return LuksRules.Find(s.Image, CryptoHeaderFields.Offset.Read(data), CryptoHeaderFields.Length.Read(data), OfExtension(s.Header, index));
    }
}
