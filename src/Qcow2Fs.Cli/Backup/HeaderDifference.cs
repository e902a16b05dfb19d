namespace Qcow2Fs.Cli.Backup;

/// <summary>What is different in two headers, a line each, in the words of the tree.</summary>
internal static class HeaderDifference
{
    private const string Missing = "none";

    // A header may have 262,000 extensions.
    private const int MaxLines = 40;

    /// <summary>Path, old and new value of each part that differs; nothing if all bytes of the first cluster are equal.</summary>
    public static IEnumerable<string> Of(Header before, Header after)
    {
        var parts = Parts(before, after).Take(MaxLines + 1).Select(part => $"{part.Path}: {part.Old} -> {part.New}").ToList();
        if (parts.Count > MaxLines)
        {
            parts[MaxLines] = "and more";
        }

        // The place of a part, its order, or what nothing uses.
        return parts.Count > 0 || ClusterOf(before).SequenceEqual(ClusterOf(after)) ? parts
            : [$"{TreePath.Of(new Subject.HeaderCluster())}: other bytes"];

        ReadOnlySpan<byte> ClusterOf(Header header) => header.Bytes.Span[..Math.Min(after.ClusterSize, header.Bytes.Length)];
    }

    private static IEnumerable<(string Path, string Old, string New)> Parts(Header before, Header after)
    {
        foreach (var field in HeaderFields.All)
        {
            var (old, @new) = (ValueOf(before, field), ValueOf(after, field));
            if (old != @new)
            {
                yield return (TreePath.Of(new Subject.HeaderField(field)), old, @new);
            }
        }

        var (olds, news) = (before.Extensions.Items.ToLookup(item => item.Magic), after.Extensions.Items.ToLookup(item => item.Magic));
        foreach (var magic in olds.Concat(news).Select(items => items.Key).Distinct())
        {
            if (olds[magic].Count() != news[magic].Count() || !olds[magic].Zip(news[magic])
                .All(pair => before.DataOf(pair.First).SequenceEqual(after.DataOf(pair.Second))))
            {
                yield return (TreePath.Of(new Subject.HeaderExtension(magic)), SizeOf(olds[magic]), SizeOf(news[magic]));
            }
        }

        if (!before.MalformedBytes.SequenceEqual(after.MalformedBytes))
        {
            yield return (TreePath.Of(new Subject.MalformedExtensions()), Rest(before), Rest(after));
        }

        if (!before.BackingFileName.SequenceEqual(after.BackingFileName))
        {
            yield return (TreePath.Of(new Subject.BackingFile()), Name(before), Name(after));
        }
    }

    private static string ValueOf(Header header, Field field) =>
        header.Has(field) ? NumberText.Format(header[field], field.Style) : Missing;

    private static string SizeOf(IEnumerable<Extension> extensions) => extensions.Count() switch
    {
        0 => Missing,
        1 => Bytes(extensions.First().Length),
        var count => $"{count} with {Bytes(extensions.Sum(item => item.Length))}",
    };

    private static string Bytes(int count) => $"{count} bytes";

    private static string Rest(Header header) => header.Extensions.IsMalformed ? Bytes(header.MalformedBytes.Length) : Missing;

    private static string Name(Header header) => header.HasBackingFile ? $"'{PathText.Decode(header.BackingFileName)}'" : Missing;
}
