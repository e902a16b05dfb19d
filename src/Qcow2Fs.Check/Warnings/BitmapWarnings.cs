namespace Qcow2Fs.Check;

/// <summary>Warnings of bitmaps that QEMU opens (specification, "Bitmap directory").</summary>
internal static class BitmapWarnings
{
    // 1 GiB of them.
    private const ulong ManyBits = 1UL << 33;

    /// <summary>The warnings, entry by entry.</summary>
    public static IEnumerable<Finding> Find(OpenState s)
    {
        foreach (var entry in BitmapRules.Valid(s))
        {
            var subject = Of(entry);
            if (CString(entry.ReadName()).IsEmpty)
            {
                yield return new(Severity.Warning, subject, "a bitmap must have a name");
            }

            if (entry.IsInUse)
            {
                yield return new(Severity.Warning, subject,
                    "the bitmap was not stored by its last user, so it is inconsistent; it can only be removed",
                    new Remedy.RemoveBitmap(subject));
            }

            if (BitmapLoadRules.Bits(s, entry) >= ManyBits)
            {
                yield return new(Severity.Warning, subject,
                    $"QEMU holds the bitmap in memory, about {BitmapLoadRules.Bits(s, entry) >> 33} GiB, "
                    + "and ends with signal 5 where there is not so much");
            }

            if (entry[BitmapFields.TableOffset] >= (ulong)s.Image.Length)
            {
                yield return new(Severity.Warning, subject, "the bitmap's table lies behind the end of the file; QEMU reads it as zeros");
            }
        }
    }
}
