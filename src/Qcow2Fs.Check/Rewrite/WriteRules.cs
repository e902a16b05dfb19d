using Qcow2Fs.Codec;
using static Qcow2Fs.Check.ImageText;
using static Qcow2Fs.Check.Subject;

namespace Qcow2Fs.Check;

/// <summary>What QEMU writes while it opens an image read-write, and fails at (qcow2_open).</summary>
internal static class WriteRules
{
    public const string CannotRepair = $"Could not repair dirty image: {NoSpace}";

    private const string NoSpace = "No space left on device";

    // Bitmaps that become used are marked so: in the header, in the directory, and in the header again.
    public static Refusal? Bitmaps(OpenState s)
    {
        if (s.Bitmaps is not { } bitmaps || !BitmapRules.Valid(s).Any(entry => !entry.IsInUse))
        {
            return null;
        }

        var subject = new HeaderExtension(ExtensionMagic.Bitmaps);
        if (!HeaderRewrite.Fits(s))
        {
            return new(subject, $"Can't update bitmap directory: {NoSpace}", Remedy.DropBitmaps, "space");
        }

        // QEMU writes the names to their first zero byte, and only over a directory of the same length.
        var size = BitmapRules.Valid(s).Sum(entry => Align.To8((long)BitmapFields.FixedSize + CString(entry.ReadName()).Length));
        if ((ulong)size != bitmaps[BitmapExtensionFields.DirectorySize])
        {
            return new(subject, "Can't update bitmap directory: Invalid argument", Remedy.DropBitmaps, "size");
        }

        return WriteOverlap.Overlaps(s, bitmaps)
            ? new(subject, "Can't update bitmap directory: Input/output error", Remedy.DropBitmaps, "overlap")
            : null;
    }

    // Unknown autoclear bits are cleared, bitmaps without their bit dropped. Marking bitmaps as used has written the header already.
    public static Refusal? UpdateHeader(OpenState s)
    {
        var dropsBitmaps = (s.Autoclear & 1) == 0 && s.Header.LastIndexOf(ExtensionMagic.Bitmaps) >= 0;
        var clears = (s.Autoclear & ~OpenState.KnownAutoclear) != 0;
        return (dropsBitmaps || clears) && !HeaderRewrite.Fits(s)
            ? new(new HeaderExtensions(), $"Could not update qcow2 header: {NoSpace}")
            : null;
    }

    public static Refusal? Repair(OpenState s) => (s.Incompatible & 1) != 0 && !HeaderRewrite.Fits(s)
        ? new(new HeaderExtensions(), CannotRepair)
        : null;
}
