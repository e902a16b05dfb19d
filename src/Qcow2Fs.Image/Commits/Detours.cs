using Qcow2Fs.Codec;

namespace Qcow2Fs.Image.Commits;

/// <summary>
/// Layouts to pass through where no single hop leads from the old header to the new one. They are proposals: the planner
/// checks that each says what the old or the new header says, and that every hop on the way exists.
/// </summary>
internal static class Detours
{
    /// <summary>Ways from old to new, without old and new themselves; the ones with fewer hops and smaller moves first.</summary>
    public static IEnumerable<Header?[]> Between(Header old, Header @new)
    {
        var common = CommonPrefix(old, @new);
        var lists = Math.Max(old.Extensions.TailEnd, @new.Extensions.TailEnd);
        var all = Math.Max(old.UsedLength, @new.UsedLength);
        int[] starts = lists == all ? [all] : [lists, all];
        foreach (var start in starts)
        {
            yield return [Relocation.MoveName(old, @new, start)];
            foreach (var kept in KeptCounts(@new, common))
            {
                yield return [Relocation.MoveList(old, @new, kept, start)];
            }

            // Where header_length itself moves the list's start away from the first sector.
            yield return [Relocation.MoveList(old, old, 0, start)];
        }

        // Name and list by turns, each with its own commit sector: for long headers, whose list is not in the first sector.
        var moved = @new.Extensions.ItemsEnd - StartOf(@new, common) + (3 * Extension.EntryHeaderSize);
        foreach (var nameAt in new[] { all, all + moved })
        {
            var renamed = Relocation.MoveName(old, old, nameAt);
            if (renamed is null)
            {
                continue;
            }

            var relisted = Relocation.MoveName(renamed, @new, nameAt);
            yield return [renamed, relisted];
            yield return [renamed, Relocation.MoveList(renamed, @new, common, all, nameAt), relisted];
        }
    }

    /// <summary>As many extensions as possible stay; or as many as let the jump lie in the first sector, beside the fields; or none.</summary>
    private static IEnumerable<int> KeptCounts(Header header, int common)
    {
        var beside = common;
        while (beside > 0 && StartOf(header, beside) + Extension.EntryHeaderSize > SectorWrite.Size)
        {
            beside--;
        }

        return new[] { common, beside, 0 }.Distinct();
    }

    private static int StartOf(Header header, int index) =>
        index < header.Extensions.Items.Length ? header.Extensions.Items[index].Offset : header.Extensions.ItemsEnd;

    /// <summary>How many extensions both have first, at the same place with the same bytes.</summary>
    private static int CommonPrefix(Header old, Header @new)
    {
        var (left, right) = (old.Extensions.Items, @new.Extensions.Items);
        var count = 0;
        while (count < left.Length && count < right.Length && left[count] == right[count]
            && old.DataOf(left[count]).SequenceEqual(@new.DataOf(right[count])))
        {
            count++;
        }

        return count;
    }
}
