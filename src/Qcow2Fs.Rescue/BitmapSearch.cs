using System.Text.Unicode;

namespace Qcow2Fs.Rescue;

/// <summary>What a bitmap directory says of one bitmap.</summary>
/// <param name="TableOffset">Where its table starts.</param>
/// <param name="TableEntries">Entries of that.</param>
/// <param name="GranularityBits">A bit stands for 2^this bytes.</param>
/// <param name="IsInUse">Whether its bits are not valid, so that QEMU does not compare it with the size of the disk.</param>
internal readonly record struct FoundBitmap(long TableOffset, uint TableEntries, int GranularityBits, bool IsInUse);

/// <summary>A bitmap directory: where it lies, its length in bytes, and the entries.</summary>
internal sealed record FoundBitmaps(long Offset, long Length, ImmutableArray<FoundBitmap> Items)
{
    /// <summary>No bitmaps.</summary>
    public static readonly FoundBitmaps None = new(0, 0, []);
}

/// <summary>Parses bitmap directories to the first entry that is none: the header alone has their length.</summary>
internal static class BitmapSearch
{
    private const uint MaxFlags = 3;
    private const ulong DirtyTracking = 1;

    /// <summary>Whether the bytes start with what can be an entry of the image.</summary>
    public static bool IsEntry(ReadOnlySpan<byte> start, Refcounts refcounts) =>
        refcounts.IsUsed(BitmapFields.TableOffset.Read(start))
        && BitmapFields.TableSize.Read(start) is > 0 and <= Limits.BitmapTableEntries
        && BitmapFields.Flags.Read(start) <= MaxFlags
        && BitmapFields.Type.Read(start) == DirtyTracking
        && BitmapFields.GranularityBits.Read(start) is >= 9 and <= 31
        && BitmapFields.NameSize.Read(start) is > 0 and <= Limits.BitmapName
        && BitmapFields.ExtraDataSize.Read(start) == 0;

    /// <summary>The directory that starts there; without entries if there is none.</summary>
    public static FoundBitmaps Parse(IImageBytes image, CachedBytes bytes, Refcounts refcounts, long offset)
    {
        var items = ImmutableArray.CreateBuilder<FoundBitmap>();
        var names = new HashSet<string>();
        var reader = new ImageReader(image);
        var fixedPart = new byte[BitmapFields.FixedSize];
        var at = 0L;
        while (items.Count < Limits.Bitmaps && at < Limits.BitmapDirectory)
        {
            bytes.Fill(offset + at, fixedPart);
            if (!IsEntry(fixedPart, refcounts))
            {
                break;
            }

            var entry = new BitmapEntry(reader, items.Count, offset + at);
            var name = entry.ReadName();
            if (!Utf8.IsValid(name) || !names.Add(Encoding.UTF8.GetString(name)))
            {
                break;
            }

            items.Add(new((long)entry[BitmapFields.TableOffset], (uint)entry[BitmapFields.TableSize],
                (int)entry[BitmapFields.GranularityBits], entry.IsInUse));
            at += entry.Size;
        }

        return new(offset, at, items.ToImmutable());
    }
}
