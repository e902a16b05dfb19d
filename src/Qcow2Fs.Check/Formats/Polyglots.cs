namespace Qcow2Fs.Check;

/// <summary>Images of qcow2 that are also something else, to a program that guesses.</summary>
internal static class Polyglots
{
    /// <summary>Bytes of the end of a zip archive before its comment.</summary>
    public const int ZipEndSize = 22;

    // Some programs look for these further behind too.
    private static readonly FormatMark[] s_anywhere = [FormatMarks.Vmdk, FormatMarks.VmdkText, FormatMarks.Vhd, FormatMarks.Vdi];

    // At offset 0 is qcow2's own mark.
    private static readonly FormatMark[] s_elsewhere = [.. FormatMarks.All.Where(mark => mark.Offset != 0)];

    private static readonly byte[] s_zipEnd = [.. "PK"u8, 5, 6];

    /// <summary>The marks that are looked for.</summary>
    public static IEnumerable<FormatMark> Marks => s_elsewhere.Concat(s_anywhere).Append(FormatMarks.Zip);

    public static IEnumerable<Finding> Find(OpenState s)
    {
        using var ends = new FileEnds(s);
        var found = new Dictionary<string, Finding>();
        foreach (var mark in s_elsewhere.Where(ends.Has))
        {
            Add(mark, ends.OffsetOf(mark));
        }

        // Most of both parts is zeros, and no mark ends in one.
        var start = WithoutZerosBehind(ends.Start);
        foreach (var mark in s_anywhere)
        {
            if (start.IndexOf(mark.Bytes) is >= 0 and var at)
            {
                Add(mark, at);
            }
        }

        var end = WithoutZerosBehind(ends.End);
        // A disc may be appended: its volume descriptors lie at multiples of 2048 bytes from its own start.
        foreach (var at in All(end, FormatMarks.Iso.Bytes).Where(at => (ends.EndOffset + at - 1) % 512 == 0))
        {
            Add(FormatMarks.Iso, ends.EndOffset + at);
        }

        // A zip archive is read from its end, wherever it starts.
        foreach (var at in All(end, s_zipEnd).Where(at => IsZipEnd(ends.End[at..])))
        {
            Add(FormatMarks.Zip, ends.EndOffset + at);
        }

        return found.Values;

        void Add(FormatMark mark, long offset)
        {
            var isInHeader = offset < (long)s.ClusterSize;
            var isUsed = isInHeader || Refcounts.IsUsed(s, (ulong)offset);
            if (!isUsed || !mark.IsOfGuests)
            {
                found.TryAdd(mark.Id, new($"polyglot-{mark.Id}", isInHeader ? Severity.Warning : Severity.Note, new HeaderCluster(),
                    $"the file is also {mark.Description}, by its bytes at offset {offset}"
                    + (isInHeader ? ", in the header's cluster" : isUsed ? "; they may be data of the guest" : ", which no cluster uses")));
            }
        }
    }

    private static ReadOnlySpan<byte> WithoutZerosBehind(ReadOnlySpan<byte> part) => part[..(part.LastIndexOfAnyExcept((byte)0) + 1)];

    // Its comment reaches to the end of the file. Elsewhere it is data of a guest that has such a file.
    private static bool IsZipEnd(ReadOnlySpan<byte> end) => end.Length >= ZipEndSize
        && BinaryPrimitives.ReadUInt16LittleEndian(end[(ZipEndSize - 2)..]) == end.Length - ZipEndSize;

    private static List<int> All(ReadOnlySpan<byte> part, ReadOnlySpan<byte> mark)
    {
        var found = new List<int>();
        for (var at = 0; part[at..].IndexOf(mark) is >= 0 and var next; at += next + 1)
        {
            found.Add(at + next);
        }

        return found;
    }
}

/// <summary>What an image's refcounts say (specification, "Host cluster management").</summary>
internal static class Refcounts
{
    private const int EntrySize = 8;

    /// <summary>
    /// Whether a cluster is counted as used. One that is not is neither the guest's data nor a table. False where there is no such count.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsUsed(OpenState s, ulong offset)
    {
        var cluster = offset / s.ClusterSize;
        var bits = 1UL << (int)(s.IsVersion3 ? Math.Min(s[HeaderFields.RefcountOrder], 6) : 4);
        var perBlock = s.ClusterSize * 8 / bits;
        var index = cluster / perBlock;
        if (index >= s[HeaderFields.RefcountTableClusters] * s.ClusterSize / EntrySize)
        {
            return false;
        }

        var block = Read(s, s[HeaderFields.RefcountTableOffset] + (index * EntrySize), EntrySize) & ~511UL;
        var bit = cluster % perBlock * bits;
        // Counts of less than a byte start with the lowest bits.
        var count = block == 0 ? 0 : Read(s, block + (bit / 8), (int)Math.Max(1, bits / 8)) >> (int)(bit % 8);
        return (count & (ulong.MaxValue >> (int)(64 - bits))) != 0;
    }

    private static ulong Read(OpenState s, ulong offset, int size)
    {
        Span<byte> bytes = stackalloc byte[EntrySize];
        bytes.Clear();
        new ImageReader(s.Image).Read((long)Math.Min(offset, long.MaxValue), bytes[^size..]);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
