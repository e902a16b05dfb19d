namespace Qcow2Fs.Image.Commits;

/// <summary>The content of a header, independent of where in the cluster its list and name lie.</summary>
internal static class HeaderContent
{
    /// <summary>
    /// Whether two headers have the same fields, the same extensions in the same order, SKIP aside, and the same backing file. Only
    /// backing_file_offset may differ.
    /// </summary>
    public static bool AreEqual(Header a, Header b)
    {
        var name = HeaderFields.BackingFileOffset;
        return IsReadable(a) && IsReadable(b)
            && a.HasBackingFile == b.HasBackingFile
            && a.BackingFileName.SequenceEqual(b.BackingFileName)
            && a.Extensions.Start == b.Extensions.Start
            && a.Bytes.Span[..name.Offset].SequenceEqual(b.Bytes.Span[..name.Offset])
            && a.Bytes.Span[name.End..a.Extensions.Start].SequenceEqual(b.Bytes.Span[name.End..b.Extensions.Start])
            && HaveEqualExtensions(a, b);
    }

    /// <summary>Whether QEMU would get as far as the list and the name, and could read both whole.</summary>
    public static bool IsReadable(Header header) =>
        header.HasMagic && header.Version is 2 or 3 && header.IsClusterSizeKnown && header.Extensions.Problem is null
        && header[HeaderFields.BackingFileOffset] <= (ulong)header.ClusterSize
        && (!header.HasBackingFile || header[HeaderFields.BackingFileSize]
            <= Math.Min(Limits.BackingFileName, (ulong)header.ClusterSize - header[HeaderFields.BackingFileOffset]));

    private static bool HaveEqualExtensions(Header a, Header b)
    {
        var left = a.Extensions.Items.RemoveAll(item => item.Magic == ExtensionMagic.Skip);
        var right = b.Extensions.Items.RemoveAll(item => item.Magic == ExtensionMagic.Skip);
        return left.Length == right.Length
            && left.Zip(right).All(e => e.First.Magic == e.Second.Magic && a.DataOf(e.First).SequenceEqual(b.DataOf(e.Second)));
    }
}
