using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Image.Commits;

/// <summary>From the header on the medium to another, in the first cluster: as many bytes as the old one, a multiple of a sector.</summary>
internal sealed class HeaderChange(Header old, Header @new) : IChange
{
    /// <summary>The header on the medium.</summary>
    public Header Old => old;

    /// <summary>The header to be. It may have more bytes than its cluster.</summary>
    public Header New => @new;

    public IReadOnlyList<ByteRange> Ranges => [new(0, old.Bytes, @new.Bytes, LiveBytes.Of(old), LiveBytes.Of(@new))];

    /// <summary>Reads the header of the locked image and edits it: again on more bytes if the edit enlarges the cluster.</summary>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    public static HeaderChange Read(in FileDescriptor file, Func<Header, Header> edit, int window)
    {
        Header before;
        Header after;
        do
        {
            before = HeaderReader.Read(file, RoundUp(window));
            after = edit(before);
            // What an enlarged cluster holds is part of the new header.
            window = Math.Max(after.ClusterSize, after.Bytes.Length);
        }
        while (window > before.Bytes.Length);

        return new(before, Overlay(before, after));
    }

    public IReadOnlyList<AtomicStep>? FindPath()
    {
        var isReadable = HeaderContent.IsReadable(old) && HeaderContent.IsReadable(@new);
        return DirectPath(old, @new) ?? PathWithoutSkip() ?? (!isReadable ? null : throw new ImageException(Errno.ENOSPC,
            "the change could not be made crash-safe and was not made: the first cluster has too little room "
            + "to keep old and new side by side, or they differ at offsets too far apart"));
    }

    // A SKIP that an earlier crash has left takes room: removed first, on its own, there may be enough.
    private List<AtomicStep>? PathWithoutSkip()
    {
        var between = HeaderContent.IsReadable(old) ? old.WithoutSkip() : old;
        return !ReferenceEquals(between, old) && DirectPath(old, between) is { } first && DirectPath(between, @new) is { } second
            ? [.. first, .. second] : null;
    }

    private static List<AtomicStep>? DirectPath(Header from, Header to)
    {
        if (Steps([from, to]) is { } single)
        {
            return single;
        }

        if (HeaderContent.IsReadable(from) && HeaderContent.IsReadable(to))
        {
            foreach (var layouts in IntermediateLayouts.Between(from, to))
            {
                if (AreOldThenNew(layouts, from, to) && Steps([from, .. layouts!, to]) is { } steps)
                {
                    return steps;
                }
            }
        }

        return null;
    }

    private static List<AtomicStep>? Steps(Header[] headers)
    {
        var steps = new List<AtomicStep>();
        var live = LiveBytes.Of(headers[0]);
        for (var i = 1; i < headers.Length; i++)
        {
            var next = LiveBytes.Of(headers[i]);
            if (AtomicStep.Find([new(0, headers[i - 1].Bytes, headers[i].Bytes, live, next)]) is not { } step)
            {
                return null;
            }

            steps.Add(step);
            live = next;
        }

        return steps;
    }

    private static bool AreOldThenNew(Header?[] layouts, Header from, Header to) => layouts
        .SkipWhile(layout => layout is not null && HeaderContent.AreEqual(layout, from))
        .All(layout => layout is not null && HeaderContent.AreEqual(layout, to));

    // Bytes that the edit does not return stay as they are.
    private static Header Overlay(Header before, Header after)
    {
        if (after.Bytes.Length == before.Bytes.Length)
        {
            return after;
        }

        var bytes = before.Bytes.ToArray();
        after.Bytes.CopyTo(bytes);
        return Header.Decode(bytes);
    }

    private static int RoundUp(int size) => checked(size + SectorWrite.Size - 1) & -SectorWrite.Size;
}
