namespace Qcow2Fs.Tree;

/// <summary>
/// The error boundary of a tree and its handles: errors of the codec, of the image file and of reading become a
/// <see cref="TreeException"/> here and nowhere else, and each one is kept for the file last_error.
/// </summary>
/// <param name="parent">The boundary of the folder that the tree is in, which keeps its refusals, too; null for none.</param>
/// <param name="prefix">The path of the tree in that folder.</param>
internal sealed class Guard(Guard? parent = null, string prefix = "")
{
    private byte[] _lastError = [];

    /// <summary>Path and sentence of the last refusal, and a newline; empty if there was none.</summary>
    public ReadOnlyMemory<byte> LastError => _lastError;

    /// <summary>Runs an operation on a path.</summary>
    /// <exception cref="TreeException">It was refused.</exception>
    public TResult Run<TArgument, TResult>(
        ReadOnlySpan<byte> path, TArgument argument, Func<ReadOnlySpan<byte>, TArgument, TResult> operation)
    {
        try
        {
            return operation(path, argument);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw Refuse(path, e);
        }
    }

    /// <summary>The same, for operations that need no speed.</summary>
    public TResult Run<TResult>(ReadOnlySpan<byte> path, Func<ReadOnlySpan<byte>, TResult> operation) =>
        Run(path, operation, static (path, operation) => operation(path));

    /// <summary>Whether an exception is an answer of a layer below, and not a fault of this program.</summary>
    public static bool IsRefusal(Exception e) => e is TreeException or HeaderException or ImageException or IOException;

    /// <summary>Keeps and returns the refusal that stands for an answer of a layer below.</summary>
    public TreeException Refuse(ReadOnlySpan<byte> path, Exception error) => error is TreeException { IsKept: true } kept
        ? kept
        : error is TreeException { Path.Length: > 0 } refusal ? Keep(refusal)
        : Keep(new(ErrnoOf(error), Text(path), (error as TreeException)?.Sentence ?? error.Message, error));

    private TreeException Keep(TreeException refusal)
    {
        refusal.IsKept = true;
        _lastError = Encoding.UTF8.GetBytes(PrintableText.Of(refusal.Message) + "\n");
        parent?.Keep(new(refusal.Errno, $"{prefix}/{refusal.Path}".TrimEnd('/'), refusal.Sentence));
        return refusal;
    }

    /// <summary>A path as sentences have it.</summary>
    public static string Text(ReadOnlySpan<byte> path) => PathText.Decode(path.Trim((byte)'/'));

    private static Errno ErrnoOf(Exception error) => error switch
    {
        TreeException e => e.Errno,
        // A missing image must not look like a missing file of the tree.
        ImageException { Errno: Errno.ENOENT } => Errno.EIO,
        ImageException e => e.Errno,
        HeaderException e => e.Error switch
        {
            HeaderError.Invalid => Errno.EINVAL,
            HeaderError.OutOfRange => Errno.ERANGE,
            HeaderError.NameTooLong => Errno.ENAMETOOLONG,
            HeaderError.NoRoom => Errno.ENOSPC,
            HeaderError.Malformed => Errno.EUCLEAN,
            _ => throw new ArgumentOutOfRangeException(nameof(error)),
        },
        _ => Errno.EIO,
    };
}

/// <summary>An operation on a tree was refused; nothing has changed. The only exception that leaves a tree or a handle.</summary>
public sealed class TreeException : Exception
{
    internal TreeException(Errno errno, string sentence) : this(errno, "", sentence) { }

    internal TreeException(Errno errno, string path, string sentence, Exception? cause = null)
        : base(path.Length == 0 ? sentence : $"{path}: {sentence}", cause) => (Errno, Path, Sentence) = (errno, path, sentence);

    /// <summary>Whether the refusal is about the image as a whole, and not about a path: it is in use, gone or not writable.</summary>
    public bool IsAboutImage => InnerException is ImageException;

    /// <summary>Whether a boundary has kept it: that of a folder passes on what that of an image has kept.</summary>
    internal bool IsKept { get; set; }

    /// <summary>What a file system answers.</summary>
    public Errno Errno { get; }

    /// <summary>The path in the tree that the refusal is about; empty for the root, and until the boundary fills it in.</summary>
    public string Path { get; }

    /// <summary>Why, as one sentence without a trailing period. <see cref="Exception.Message"/> starts with the path.</summary>
    public string Sentence { get; }
}
