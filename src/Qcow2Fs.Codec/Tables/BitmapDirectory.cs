namespace Qcow2Fs.Codec.Tables;

/// <summary>
/// The directory of persistent bitmaps (specification, "Bitmaps extension" and "Bitmap directory"). Entries are decoded while
/// they are enumerated, none is kept, and nothing is allocated by a number from the image.
/// </summary>
public sealed class BitmapDirectory
{
    private readonly ImageReader _image;
    private readonly byte[] _extension = new byte[BitmapExtensionFields.Size];
    private readonly int _extensionLength;

    private BitmapDirectory(IImageBytes image, ReadOnlySpan<byte> extension)
    {
        _image = new(image);
        _extensionLength = extension.Length;
        extension[..Math.Min(extension.Length, _extension.Length)].CopyTo(_extension);
    }

    /// <summary>
    /// The entries that can be decoded, in order. It stops where one crosses the directory's end, is one too many or starts
    /// past the end of the file (<see cref="FindProblem"/>).
    /// </summary>
    /// <remarks>Enumerating can throw what <see cref="IImageBytes.Read"/> throws.</remarks>
    public IEnumerable<BitmapEntry> Entries => Walk().TakeWhile(step => step.Problem is null).Select(step => step.Entry!);

    /// <summary>
    /// The entries, and behind them the one that crosses the directory's end by its own length: its fixed fields are there, its name and
    /// extra data are not known.
    /// </summary>
    /// <remarks>Enumerating can throw what <see cref="IImageBytes.Read"/> throws.</remarks>
    public IEnumerable<(BitmapEntry Entry, bool IsCut)> Records =>
        Walk().Where(step => step.Entry is not null).Select(step => (step.Entry!, step.Problem is not null));

    /// <summary>A field of the extension; what a short extension lacks is 0.</summary>
    public ulong this[Field field] => field.Read(_extension);

    /// <summary>The directory that the last bitmaps extension names, the one that QEMU obeys; null if there is none.</summary>
    public static BitmapDirectory? Of(Header header, IImageBytes image) =>
        header.TryGetExtension(ExtensionMagic.Bitmaps, out var data) ? new(image, data) : null;

    /// <summary>The entry that an earlier walk found at that index and offset.</summary>
    public BitmapEntry At(int index, long offset) => new(_image.ForTable(BitmapFields.FixedSize), index, offset);

    /// <summary>Why not the whole directory can be decoded, as a sentence; null if it can. Walks the whole directory.</summary>
    public string? FindProblem() => _extensionLength == _extension.Length
        ? Walk().FirstOrDefault(step => step.Problem is not null).Problem
        : $"the bitmaps extension has {_extensionLength} bytes, not {_extension.Length}";

    private IEnumerable<(BitmapEntry? Entry, string? Problem)> Walk()
    {
        var count = this[BitmapExtensionFields.NbBitmaps];
        var size = this[BitmapExtensionFields.DirectorySize];
        var offset = this[BitmapExtensionFields.DirectoryOffset];
        var limit = (long)Math.Min(size, (ulong)Limits.BitmapDirectory);
        var at = 0L;
        var i = 0;
        for (; (ulong)i < count && i < Limits.Bitmaps && at < limit; i++)
        {
            // The offset is compared before it is used as a signed number: it may be anything.
            if (offset > (ulong)_image.Length || (long)offset + at >= _image.Length)
            {
                yield return (null, $"entry {i} lies past the end of the file");
                yield break;
            }

            var entry = limit - at >= BitmapFields.FixedSize ? new BitmapEntry(_image, i, (long)offset + at) : null;
            if (entry is null || entry.Size > limit - at)
            {
                yield return (entry, $"entry {i} crosses the end of the directory, {limit} bytes past its start");
                yield break;
            }

            yield return (entry, null);
            at += entry.Size;
        }

        if (count > Limits.Bitmaps || size > (ulong)Limits.BitmapDirectory)
        {
            yield return (null,
                $"the directory has {count} entries and {size} bytes, above the limit of {Limits.Bitmaps} and {Limits.BitmapDirectory}");
        }
        else if ((ulong)i != count || (ulong)at != size)
        {
            yield return (null, $"the extension gives {count} entries in {size} bytes, there are {i} in {at}");
        }
    }
}
