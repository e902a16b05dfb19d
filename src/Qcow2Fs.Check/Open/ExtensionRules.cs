namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of header extensions, in on-disk order (qcow2_read_extensions); specification, "Header extensions".</summary>
internal static class ExtensionRules
{
    public static IEnumerable<Refusal> List(OpenState s)
    {
        // A list can have 262,144 entries, and all can be bad.
        var ordinals = new Dictionary<uint, int>();
        foreach (var item in s.Header.Extensions.Items)
        {
            var subject = new HeaderExtension(item.Magic, ordinals[item.Magic] = ordinals.GetValueOrDefault(item.Magic) + 1);
            if (FaultOf(s, item) is { } fault)
            {
                yield return new(subject, fault.Sentence, RemedyFor(subject, s.IsLuks), fault.Part);
            }
            else if (item.Magic == ExtensionMagic.CryptoHeader)
            {
                foreach (var bad in Luks(s, item, subject))
                {
                    yield return bad;
                }
            }
        }

        if (s.Header.Extensions.IsMalformed)
        {
            yield return new(new MalformedExtensions(), "Header extension too large", new Remedy.Remove(new MalformedExtensions()), "area");
        }
    }

    /// <summary>QEMU's check of the extension itself, not of what it points at.</summary>
    public static Fault? FaultOf(OpenState s, Extension item) => item.Magic switch
    {
        ExtensionMagic.BackingFormat => BackingFormat(item),
        ExtensionMagic.CryptoHeader => CryptoHeader(s, item),
        ExtensionMagic.Bitmaps => Bitmaps(s, item),
        _ => null,
    };

    private static Remedy.Remove? RemedyFor(HeaderExtension subject, bool isLuks) => subject.Magic switch
    {
        ExtensionMagic.Bitmaps => new Remedy.Remove(subject, Remedy.RepairImage),
        // Without it the disk cannot be decrypted any more.
        ExtensionMagic.CryptoHeader when isLuks => null,
        _ => new Remedy.Remove(subject),
    };

    private static Fault? BackingFormat(Extension item) => item.Length > Limits.BackingFormat
        ? new Fault("backing-format", $"ERROR: ext_backing_format: len={item.Length} too large (>={Limits.BackingFormat + 1})") : null;

    private static Fault? CryptoHeader(OpenState s, Extension item)
    {
        var size = CryptoHeaderFields.All.Size;
        var offset = item.Length == size ? CryptoHeaderFields.Offset.Read(s.Header.DataOf(item)) : 0;
        return !s.IsLuks ? new("crypto-unexpected", "CRYPTO header extension only expected with LUKS encryption method")
            : item.Length != size ? new("crypto-length", $"CRYPTO header extension size {item.Length}, but expected size {size}")
            : offset % s.ClusterSize != 0
                ? new("crypto-offset", $"Encryption header offset '{offset}' is not a multiple of cluster size '{s.ClusterSize}'") : null;
    }

    private static Fault? Bitmaps(OpenState s, Extension item)
    {
        if (item.Length != BitmapExtensionFields.Size)
        {
            return new("bitmaps-length", "bitmaps_ext: Invalid extension length");
        }

        var data = s.Header.DataOf(item);
        var count = BitmapExtensionFields.NbBitmaps.Read(data);
        var size = BitmapExtensionFields.DirectorySize.Read(data);
        // Without the autoclear bit QEMU checks nothing but the length.
        return (s.Autoclear & 1) == 0 ? null
            : BitmapExtensionFields.Reserved.Read(data) != 0 ? new("bitmaps-reserved", "bitmaps_ext: Reserved field is not zero")
            : count > Limits.Bitmaps
                ? new("bitmaps-many", $"bitmaps_ext: Image has {count} bitmaps, exceeding the QEMU supported maximum of {Limits.Bitmaps}")
            : count == 0 ? new("bitmaps-none", "found bitmaps extension with zero bitmaps")
            : BitmapExtensionFields.DirectoryOffset.Read(data) % s.ClusterSize != 0
                ? new("bitmaps-offset", "bitmaps_ext: invalid bitmap directory offset")
            : size > (ulong)Limits.BitmapDirectory
                ? new("bitmaps-size",
                    $"bitmaps_ext: bitmap directory size ({size}) exceeds the maximum supported size ({Limits.BitmapDirectory})")
            : null;
    }

    private static IEnumerable<Refusal> Luks(OpenState s, Extension item, HeaderExtension subject)
    {
        var data = s.Header.DataOf(item);
        return LuksRules.Find(s, CryptoHeaderFields.Offset.Read(data), CryptoHeaderFields.Length.Read(data), subject);
    }
}
