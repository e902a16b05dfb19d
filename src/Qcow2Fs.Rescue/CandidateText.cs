namespace Qcow2Fs.Rescue;

/// <summary>What a candidate rests on, in numbers, and what cannot be told, in sentences.</summary>
internal static class CandidateText
{
    /// <summary>The evidence.</summary>
    public static IEnumerable<Evidence> Evidence(FoundLayout found, SizeChoice size)
    {
        var layout = found.Layout;
        var refcounts = layout.Refcounts;
        yield return new("cluster size", Number(refcounts.ClusterSize));
        yield return new("refcount width in bits", Number(1 << refcounts.Order));
        yield return new("refcount table", Hex(refcounts.TableOffset));
        yield return new("refcount blocks that count themselves", Number(refcounts.Blocks.LongCount()));
        yield return new("clusters with a refcount", Number(refcounts.Used().LongCount()));
        yield return new("clusters in the file", Number(refcounts.FileClusters));
        yield return new("active L1 table", Hex(layout.L1Offset));
        yield return new("L2 tables", Number(found.Mapped.L2Tables));
        yield return new("guest clusters with data", Number(found.Mapped.Data));
        yield return new("guest clusters compressed", Number(found.Mapped.Compressed));
        yield return new("guest clusters that read as zeros", Number(found.Mapped.Zeros));
        yield return new("snapshots", Number(layout.Snapshots.Items.Length));
        yield return new("bitmaps", Number(layout.Bitmaps.Items.Length));
        if (layout.LuksOffset != 0)
        {
            yield return new("LUKS header", Hex(layout.LuksOffset));
        }

        yield return new("size from", size.Source);
    }

    /// <summary>The warnings.</summary>
    public static IEnumerable<string> Warnings(
        CachedBytes bytes, FoundLayout found, SizeChoice size, RescueOptions options, Explained explained)
    {
        var (layout, mapped) = (found.Layout, found.Mapped);
        if (!explained.IsMost)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"this header explains {explained.Counted} clusters that have a refcount; {explained.Unowned + explained.Wrong} things "
                + $"contradict it");
        }

        if (explained.Uncounted > 0)
        {
            yield return $"refcounts do not cover {Number(explained.Uncounted)} clusters: the image was dirty (lazy refcounts) "
                + "or is damaged; run qemu-img check -r all after the header is written";
        }

        if (size.Warning is { } warning)
        {
            yield return warning;
        }

        if (layout.Format.External && options.DataFile.IsEmpty)
        {
            yield return "the data is in another file, whose name is lost; --data-file names it";
        }

        if (layout.Format.External)
        {
            yield return "whether the data file is a raw image of the disk cannot be known (autoclear bit 1 is clear)";
        }

        if (mapped.Zeros == 0
            && layout is { Refcounts.Order: 4, Format.Extended: false, Bitmaps.Items: [], Snapshots.Items: [] })
        {
            yield return "version 2 and version 3 cannot be distinguished: the header is version 3";
        }

        if (mapped.L2Tables == 0)
        {
            yield return "there is no L2 table: the disk is empty, and extended and standard L2 entries cannot be distinguished";
        }

        if (options.BackingFile.IsEmpty && Unallocated(found, size.Bytes) is > 0 and var share)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{share}% of the disk is not in the image: if it had a backing file, its name is lost; --backing names it");
        }

        if (layout.LuksOffset == 0 && mapped.Data > 0 && size.Source is not "--size" && GuestSize.Of(new(bytes, layout)) is null)
        {
            yield return "nothing known is at the beginning of the guest's disk: "
                + "if it was encrypted with AES (crypt_method 1), no trace is left";
        }
    }

    private static int Unallocated(FoundLayout found, ulong size)
    {
        var clusters = ((UInt128)size + (ulong)found.Layout.Refcounts.ClusterSize - 1) >> found.Layout.Refcounts.ClusterBits;
        var mapped = (UInt128)(found.Mapped.Data + found.Mapped.Compressed + found.Mapped.Zeros);
        return clusters == 0 || mapped >= clusters ? 0 : Math.Max(1, (int)((clusters - mapped) * 100 / clusters));
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(long value) => NumberText.Format((ulong)value, FieldStyle.Hex);
}
