using System.Collections.Immutable;
using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Image.Commits;

/// <summary>
/// Finds the order of writes that turns one header into another, so that whatever part of it a crash lets through, the
/// bytes are one that says what the old header said or what the new one says. Pure.
/// </summary>
internal static class CommitPlanner
{
    /// <summary>The plan.</summary>
    /// <param name="old">The header on the medium.</param>
    /// <param name="new">The header to be; as many bytes as the old one, a multiple of a sector.</param>
    /// <exception cref="ImageException">NoRoom: both can be read, and there is no such order.</exception>
    public static CommitPlan Plan(Header old, Header @new)
    {
        var changed = ChangedSectors(old, @new);
        if (changed.Length <= 1)
        {
            return changed.IsEmpty
                ? new(CommitLevel.Nothing, [])
                : new(CommitLevel.OneSector, [changed[0], Flush.Instance]);
        }

        if (Way(old, @new) is { } way)
        {
            var steps = ImmutableArray.CreateBuilder<CommitStep>();
            way.ForEach(hop => hop.AddSteps(steps));
            return new(way.Count == 1 ? CommitLevel.Ordered : CommitLevel.Relocated, steps.ToImmutable());
        }

        return Meaning.IsReadable(old) && Meaning.IsReadable(@new)
            ? throw new ImageException(ImageError.NoRoom, Errno.ENOSPC,
                "the change could not be made crash-safe and was not made: the first cluster has too little room to keep old and new side by side, or they differ in places too far apart")
            : new(CommitLevel.Unordered, Unordered(changed));
    }

    private static List<Hop>? Way(Header old, Header @new)
    {
        if (ShortWay(old, @new) is { } way)
        {
            return way;
        }

        // What an earlier crash has left takes room: tidied up first, on its own, there may be enough.
        var tidied = Meaning.IsReadable(old) ? old.WithoutSkip() : old;
        return ReferenceEquals(tidied, old) || ShortWay(old, tidied) is not { } first || ShortWay(tidied, @new) is not { } second
            ? null
            : [.. first, .. second];
    }

    private static List<Hop>? ShortWay(Header old, Header @new)
    {
        if (Hops([old, @new]) is { } direct)
        {
            return direct;
        }

        if (!Meaning.IsReadable(old) || !Meaning.IsReadable(@new))
        {
            return null;
        }

        foreach (var detour in Detours.Between(old, @new))
        {
            if (SaysOldThenNew(detour, old, @new) && Hops([old, .. detour!, @new]) is { } hops)
            {
                return hops;
            }
        }

        return null;
    }

    private static List<Hop>? Hops(Header[] headers)
    {
        var hops = new List<Hop>();
        var from = new Layout(headers[0]);
        foreach (var header in headers[1..])
        {
            var to = new Layout(header);
            if (Hop.Find(from, to) is not { } hop)
            {
                return null;
            }

            hops.Add(hop);
            from = to;
        }

        return hops;
    }

    private static bool SaysOldThenNew(Header?[] detour, Header old, Header @new)
    {
        var says = old;
        foreach (var header in detour)
        {
            if (header is null)
            {
                return false;
            }

            if (!Meaning.Same(header, says))
            {
                says = @new;
                if (!Meaning.Same(header, says))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The first sector last: nobody could read the image before, or nobody can after it.</summary>
    private static ImmutableArray<CommitStep> Unordered(ImmutableArray<SectorWrite> changed) => changed[0].Offset == 0
        ? [.. changed[1..], Flush.Instance, changed[0], Flush.Instance]
        : [.. changed, Flush.Instance];

    private static ImmutableArray<SectorWrite> ChangedSectors(Header old, Header @new)
    {
        var changed = ImmutableArray.CreateBuilder<SectorWrite>();
        for (var at = 0; at < @new.Bytes.Length; at += SectorWrite.Size)
        {
            var sector = @new.Bytes.Slice(at, SectorWrite.Size);
            if (!sector.Span.SequenceEqual(old.Bytes.Span.Slice(at, SectorWrite.Size)))
            {
                changed.Add(new(at, sector));
            }
        }

        return changed.ToImmutable();
    }
}
