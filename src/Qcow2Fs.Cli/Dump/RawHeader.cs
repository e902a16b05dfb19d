using System.Numerics;

namespace Qcow2Fs.Cli.Dump;

/// <summary>The header as qcow2.py reads it: every field at its offset, except the version 3 fields of a version 2 header.</summary>
internal sealed class RawHeader(RawImage image)
{
    // A larger power of two has more digits than Python prints.
    private const int MaxBits = 14_000;

    /// <summary>The fields that qcow2.py knows: all that every version 3 header has.</summary>
    public static IEnumerable<Field> Fields => HeaderFields.All.Where(f => f.End <= HeaderFields.Version3MinLength);

    public RawImage Image => image;

    /// <summary>The cluster size's digits; any cluster_bits will do.</summary>
    public string ClusterSizeText =>
        (BigInteger.One << (int)Math.Min(this[HeaderFields.ClusterBits], MaxBits)).ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the extension area ends: at the cluster's end or the backing file's name.</summary>
    public ulong AreaEnd
    {
        get
        {
            var cluster = this[HeaderFields.ClusterBits] < 64 ? 1UL << (int)this[HeaderFields.ClusterBits] : ulong.MaxValue;
            var name = this[HeaderFields.BackingFileOffset];
            return name == 0 ? cluster : Math.Min(cluster, name);
        }
    }

    public ulong this[Field field] =>
        HeaderFields.Version.Read(image.Start) == 2 && field.Since > 2 ? field.Absent : field.Read(image.Start);
}

/// <summary>One extension as qcow2.py finds it: the length is what it says, and may lead out of the area, even out of the file.</summary>
internal readonly record struct RawExtension(uint Magic, uint Length, ulong DataOffset)
{
    public bool IsBitmaps => Magic == ExtensionMagic.Bitmaps;

    // For qcow2.py a bitmaps extension has the length that it ought to have.
    private ulong End => DataOffset + (IsBitmaps ? (ulong)BitmapExtensionFields.Size : (Length + 7UL) & ~7UL);

    /// <summary>The list, to its end marker, the end of its area or the end of the file.</summary>
    public static IEnumerable<RawExtension> In(RawHeader header)
    {
        for (var at = header[HeaderFields.HeaderLength]; at < header.AreaEnd;)
        {
            var entry = header.Image.Read(at, Extension.EntryHeaderSize);
            var magic = BinaryPrimitives.ReadUInt32BigEndian(entry);
            if (magic == ExtensionMagic.End)
            {
                yield break;
            }

            var extension = new RawExtension(magic, BinaryPrimitives.ReadUInt32BigEndian(entry.AsSpan(4)), at + Extension.EntryHeaderSize);
            yield return extension;
            at = extension.End;
        }
    }

    /// <summary>Whether the payload, as far as the file has it, is what Python calls printable.</summary>
    public bool IsPrintable(RawImage image) => image.Chunks(DataOffset, Length).All(chunk => PythonText.IsPrintable(chunk.Span));
}
