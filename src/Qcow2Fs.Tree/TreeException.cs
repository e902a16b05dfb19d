using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;

namespace Qcow2Fs.Tree;

/// <summary>
/// An operation on the tree was refused; nothing has changed. What is refused inside of an image is made by
/// <see cref="ImageView.Refuse(Errno, string)"/>, which also keeps the sentence.
/// </summary>
public sealed class TreeException : Exception
{
    internal TreeException(Errno errno, string sentence)
        : base(sentence) => Errno = errno;

    /// <summary>What a file system answers.</summary>
    public Errno Errno { get; }

    /// <summary>The errno of a codec's refusal.</summary>
    internal static Errno ErrnoOf(HeaderError error) => error switch
    {
        HeaderError.Invalid => Errno.EINVAL,
        HeaderError.OutOfRange => Errno.ERANGE,
        HeaderError.NameTooLong => Errno.ENAMETOOLONG,
        HeaderError.NoRoom => Errno.ENOSPC,
        HeaderError.Malformed => Errno.EUCLEAN,
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };

    /// <summary>
    /// The errno of an image's refusal. A missing image must not look like a missing file of the tree, so it is EIO.
    /// </summary>
    internal static Errno ErrnoOf(ImageException error) => error.Errno == Errno.ENOENT ? Errno.EIO : error.Errno;
}
