using Qcow2Fs.Codec.Tables;

namespace Qcow2Fs.Cli.Backup;

/// <summary>
/// What an archive keeps of an image: the first cluster, and the LUKS header if there is one. Each is an entry beside the image's name, so
/// that a tar that is unpacked overwrites no image; the extended header has the file's identity.
/// </summary>
/// <param name="Image">The image's path as bytes, as the archive has it.</param>
/// <param name="Identity">The file that it was.</param>
/// <param name="Cluster">The first cluster.</param>
/// <param name="Luks">The LUKS header; null if there is none.</param>
internal sealed record ImageBackup(byte[] Image, FileIdentity Identity, byte[] Cluster, byte[]? Luks)
{
    // GNU tar warns of a keyword that it does not know, for each entry.
    private const string IdentityKeyword = "comment";

    // Readings of a LUKS header, of which two in a row must agree: a key may be added meanwhile.
    private const int MaxReadings = 10;

    private static ReadOnlySpan<byte> ClusterSuffix => ".header.bin"u8;

    private static ReadOnlySpan<byte> LuksSuffix => ".luks.bin"u8;

    /// <summary>Reads what an archive keeps of an image.</summary>
    /// <param name="image">The image's path, as restore will look for it.</param>
    /// <param name="opened">The image.</param>
    /// <param name="header">Its header, with all bytes of the first cluster.</param>
    /// <param name="problem">Why the LUKS header that the image names is missing, as the end of a sentence; null if it is not.</param>
    public static ImageBackup Read(byte[] image, OpenedImage opened, Header header, out string? problem)
    {
        var area = LuksArea.Of(header, out problem);
        byte[]? luks = null;
        if (area is { } found && found.End > opened.Length)
        {
            problem = "lies past the end of the file";
        }
        else if (area is not null)
        {
            try
            {
                luks = Read(opened, area.Value);
            }
            catch (IOException e)
            {
                problem = $"cannot be read: {e.Message}";
            }
        }

        return new(image, FileIdentity.Of(opened.Status, opened.Length),
            header.Bytes[..Math.Min(header.ClusterSize, header.Bytes.Length)].ToArray(), luks);
    }

    /// <summary>Writes the entries of the image to an archive, which <see cref="TarWriter.WriteEnd"/> ends.</summary>
    /// <exception cref="IOException">The archive cannot be written.</exception>
    public void WriteTo(Stream archive, ImageTime modified)
    {
        (string, string)[] records = [(IdentityKeyword, Identity.ToString())];
        TarWriter.Write(archive, [.. Image, .. ClusterSuffix], modified, records, Cluster);
        if (Luks is not null)
        {
            TarWriter.Write(archive, [.. Image, .. LuksSuffix], modified, records, Luks);
        }
    }

    /// <summary>The images of an archive, in its order. Other entries are skipped and counted.</summary>
    /// <param name="archive">What is read.</param>
    /// <param name="byName">Whether a name is enough: another program may have packed the archive again, without the identities.</param>
    /// <param name="skipped">Called for each entry that is skipped.</param>
    /// <exception cref="CommandFailure">The archive is damaged.</exception>
    public static IEnumerable<ImageBackup> ReadAll(TarReader archive, bool byName, Action skipped)
    {
        ImageBackup? image = null;
        while (archive.Next() is { } entry)
        {
            FileIdentity identity = default;
            var isIdentified = entry.Records.TryGetValue(IdentityKeyword, out var text) && FileIdentity.TryParse(text, out identity);
            if (!entry.IsFile || !(isIdentified || byName))
            {
                skipped();
            }
            else if (NameWithout(ClusterSuffix, entry) is { } name && entry.Length is > 0 and <= Header.MaxClusterSize)
            {
                if (image is not null)
                {
                    yield return image;
                }

                image = new(name, identity, archive.ReadContent(entry), null);
            }
            else if (image is { Luks: null } && NameWithout(LuksSuffix, entry) is { } luks && luks.AsSpan().SequenceEqual(image.Image)
                && identity == image.Identity && entry.Length is > 0 and <= LuksArea.MaxLength)
            {
                image = image with { Luks = archive.ReadContent(entry) };
            }
            else
            {
                skipped();
            }
        }

        if (image is not null)
        {
            yield return image;
        }
    }

    private static byte[]? NameWithout(ReadOnlySpan<byte> suffix, TarEntry entry) =>
        entry.Name.AsSpan().EndsWith(suffix) ? entry.Name[..^suffix.Length] : null;

    private static byte[] Read(OpenedImage image, LuksArea area)
    {
        var reader = new ImageReader(image);
        var bytes = new byte[area.Length];
        var again = new byte[area.Length];
        reader.Read(area.Offset, bytes);
        for (var readings = 1; readings < MaxReadings; readings++)
        {
            reader.Read(area.Offset, again);
            if (again.AsSpan().SequenceEqual(bytes))
            {
                break;
            }

            (bytes, again) = (again, bytes);
        }

        return bytes;
    }
}

/// <summary>Where an image's LUKS header lies, with its key slots.</summary>
/// <param name="Offset">A multiple of 512, behind the first cluster.</param>
/// <param name="Length">Bytes, at most <see cref="MaxLength"/>.</param>
internal readonly record struct LuksArea(long Offset, int Length)
{
    /// <summary>More than any LUKS header of QEMU's: eight key slots of 64 bytes take 2 MiB.</summary>
    public const int MaxLength = 4 << 20;

    private const int SectorSize = 512;

    public long End => Offset + Length;

    /// <summary>The area that a header names, by its crypto header extension; null if it names none, or not a possible one.</summary>
    /// <param name="header">The header.</param>
    /// <param name="problem">Why the area is not a possible one, as the end of a sentence; null if it is.</param>
    public static LuksArea? Of(Header header, out string? problem)
    {
        problem = null;
        if (!header.TryGetExtension(ExtensionMagic.CryptoHeader, out var data) || data.Length < CryptoHeaderFields.All.Size)
        {
            return null;
        }

        var (offset, length) = (CryptoHeaderFields.Offset.Read(data), CryptoHeaderFields.Length.Read(data));
        problem = length is 0 or > MaxLength ? $"has {length} bytes, not 1 to {MaxLength}"
            : offset < (ulong)header.ClusterSize || offset % SectorSize != 0 || offset > Limits.FileOffset - MaxLength
                ? $"cannot lie at offset {offset}" : null;
        return problem is null ? new((long)offset, (int)length) : null;
    }
}
