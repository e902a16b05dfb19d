namespace Qcow2Fs.Cli.Dump;

/// <summary>One extension as qcow2.py finds it: a length may lead out of the area, even out of the file.</summary>
/// <param name="Magic">What it is.</param>
/// <param name="Length">Bytes of payload, as it says.</param>
/// <param name="DataOffset">Where the payload starts.</param>
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
