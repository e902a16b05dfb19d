using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Image;

/// <summary>What a commit did: the header under the lock, as the edit got it, and the one that the image has now.</summary>
public sealed record CommitResult(Header Before, Header After)
{
    /// <summary>The file that was changed, as it was when the commit opened it.</summary>
    public ImageStatus File { get; init; }
}

/// <summary>How a commit is made. The default: on whatever file has the image's name, with the usual patience.</summary>
public readonly record struct CommitOptions
{
    /// <summary>The edit needs so many bytes of the image at least, also if the first cluster has fewer.</summary>
    public int Window { get; init; }

    /// <summary>The file that may be changed; null for the one that has the image's name now.</summary>
    public ImageStatus? Owner { get; init; }

    /// <summary>Whether the caller's change was acknowledged before, so that it is worth more patience.</summary>
    public bool IsAccepted { get; init; }

    /// <summary>Whether nothing is written: the edit, the locks, the permissions and the plan are tried.</summary>
    public bool IsTrial { get; init; }
}

/// <summary>What a change of one number behind the header asks for.</summary>
/// <param name="Position">Where the number lies.</param>
/// <param name="Value">What it shall be; it fits.</param>
public readonly record struct EntryEdit(EntryPosition Position, ulong Value);

/// <summary>What a change of one number did.</summary>
/// <param name="Header">The header under the lock.</param>
/// <param name="Position">Where the number lies.</param>
/// <param name="IsChanged">Whether it has another value now.</param>
/// <param name="File">The file that was changed, as it was when the commit opened it.</param>
public sealed record EntryResult(Header Header, EntryPosition Position, bool IsChanged, ImageStatus File);

/// <summary>
/// One image file: a name in a directory. Each operation looks the name up again; no descriptor of the image and no lock is kept between
/// operations. Safe for concurrent use.
/// </summary>
public sealed class ImageFile : IDisposable
{
    private const string CannotBeOpened = "cannot be opened";

    private static readonly TimeSpan s_shortTurn = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longTurn = TimeSpan.FromSeconds(2);

    private readonly ParentDirectory _parent;
    private readonly NativeName _name;
    private readonly bool _isMountPoint;
    private readonly Func<IBlockIo, IBlockIo> _medium;

    // OFD locks order commits of different objects; this one orders those of one object, and guards _failed.
    private readonly Lock _commits = new();
    private ImageStatus? _failed;

    private ImageFile(string path, ParentDirectory parent, NativeName name, bool isMountPoint, Func<IBlockIo, IBlockIo> medium) =>
        (Path, _parent, _name, _isMountPoint, _medium) = (path, parent, name, isMountPoint, medium);

    /// <summary>The image's absolute path, with the symbolic links resolved that there were when this object was made.</summary>
    public string Path { get; }

    /// <summary>
    /// Whether commits wait 2 seconds for another Qcow2Fs commit of the image, not 100 ms: for a command, which nobody waits for. A mount
    /// waits on its only thread.
    /// </summary>
    public bool IsPatient { get; set; }

    /// <summary>
    /// The image at a path. Symbolic links are resolved now, and the directory is kept by descriptor, so that a mount over
    /// it does not hide the image. The image itself is not opened.
    /// </summary>
    /// <exception cref="ImageException">ENOENT, EISDIR, EACCES and other errors of path resolution.</exception>
    public static ImageFile At(string path) => At(path, io => io);

    /// <summary>The same, for tests that put something between commits and the file.</summary>
    internal static ImageFile At(string path, Func<IBlockIo, IBlockIo> medium)
    {
        ImageException.ThrowIf((Errno)LibC.ResolvePath(path, out var resolved), CannotBeOpened);
        var name = System.IO.Path.GetFileName(resolved);
        if (name.Length == 0)
        {
            throw ImageException.Of(Errno.EISDIR, CannotBeOpened);
        }

        var parent = NativeName.Of(System.IO.Path.GetDirectoryName(resolved)!);
        ImageException.ThrowIf(FileDescriptor.CurrentDirectory.Open(parent, OpenMode.Directory, out var directory), CannotBeOpened);
        // A file that is mounted by itself, as containers do it, is asked for where it is. So is every file on Linux before 5.6.
        var isMountPoint = directory.OpenBelow(NativeName.Of(name), OpenMode.Anything, out var image) != 0;
        if (!isMountPoint)
        {
            image.Dispose();
        }

        return new(resolved, new ParentDirectory(directory), NativeName.Of(name), isMountPoint, medium);
    }

    internal static ImageFile Below(ParentDirectory parent, string path, NativeName name) =>
        new(path, parent, name, isMountPoint: false, io => io);

    /// <summary>The attributes of the file.</summary>
    /// <exception cref="ImageException">They cannot be read; ENOENT if there is no such file.</exception>
    public ImageStatus Status()
    {
        ImageException.ThrowIf(StatusOfName(out var status), "cannot be found");
        return status;
    }

    /// <summary>
    /// The attributes of the file that a commit would change now. Opens it for writing, so that the error is the one that a commit would
    /// have, and a file on an overlay is the copy that the commit would make.
    /// </summary>
    /// <exception cref="ImageException">The image cannot be opened for writing.</exception>
    public ImageStatus StatusForWriting()
    {
        using var file = Open(OpenMode.ReadWrite, out var status);
        return status;
    }

    /// <summary>Bytes of the file or block device.</summary>
    /// <exception cref="ImageException">The image cannot be opened.</exception>
    public long Length()
    {
        using var file = Open(OpenMode.Read, out _);
        ImageException.ThrowIf(file.Length(out var length), "cannot be measured");
        return length;
    }

    /// <summary>Reads a part of the image; fewer bytes than asked for only at its end.</summary>
    /// <exception cref="ImageException">The image cannot be opened or read.</exception>
    public int Read(long offset, Span<byte> buffer)
    {
        using var file = Open(OpenMode.Read, out _);
        ImageException.ThrowIf(file.Read(offset, buffer, out var read), HeaderReader.CannotBeRead);
        return read;
    }

    /// <summary>
    /// Reads the header, with all bytes of the first cluster, without a lock: one that the image had at one instant, also while another
    /// program writes.
    /// </summary>
    /// <param name="known">
    /// A header of an earlier call. If the bytes that it uses have not changed, it is returned itself, and nothing is
    /// allocated; bytes that nothing uses may then be older ones.
    /// </param>
    /// <exception cref="ImageException">The image cannot be opened or read.</exception>
    public Header ReadHeader(Header? known = null) => ReadHeader(known, out _);

    /// <summary>The same, and the attributes of the file whose header it is.</summary>
    public Header ReadHeader(Header? known, out ImageStatus status)
    {
        using var file = Open(OpenMode.Read, out status);
        return known is not null && HeaderReader.IsUnchanged(file, known) ? known : HeaderReader.Read(file, 0);
    }

    /// <summary>
    /// Changes the header: locks the image as QEMU would, reads the header, edits it and writes the difference so that a crash at any point
    /// leaves the old header or the new one (docs/durability.md). The change is on the medium when this returns.
    /// </summary>
    /// <param name="edit">
    /// From header to header, nothing else: it may be called again on newer bytes. What it throws is passed on, and nothing is changed.
    /// </param>
    /// <param name="options">How it is made.</param>
    /// <exception cref="ImageException">
    /// Nothing was changed, unless <see cref="ImageException.StateUnknown"/>. EBUSY: another program uses the image. ESTALE: another file
    /// than the owner has the image's name.
    /// </exception>
    public CommitResult Commit(Func<Header, Header> edit, CommitOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(edit);
        var change = CommitChange(file => HeaderChange.Read(file, edit, options.Window), out var status, options);
        var after = change.New;
        return new(change.Old, after.ClusterSize < after.Bytes.Length ? Header.Decode(after.Bytes.Span[..after.ClusterSize]) : after)
        {
            File = status,
        };
    }

    /// <summary>
    /// Puts the first cluster of a backup back, and other bytes behind it. The cluster is written as <see cref="Commit"/> does; of the
    /// other bytes, a crash may leave a part.
    /// </summary>
    /// <param name="cluster">The first cluster, at most <see cref="Header.MaxClusterSize"/> bytes.</param>
    /// <param name="other">Bytes behind it, and their offset, a multiple of 512; null for none.</param>
    /// <param name="options">How it is made.</param>
    /// <returns>The header before and after, and whether the other bytes changed.</returns>
    /// <exception cref="ImageException">As of <see cref="Commit"/>; also if the file ends before the other bytes do.</exception>
    public (Header Before, Header After, bool ChangesOther) Restore(
        byte[] cluster, (long Offset, byte[] Bytes)? other, CommitOptions options)
    {
        var change = CommitChange(
            file => RestoreChange.Read(file, header => header.WithRawBytes(0, cluster), cluster.Length, other), out _, options);
        return (change.Header.Old, change.Header.New, change.ChangesOther);
    }

    /// <summary>
    /// Changes one number behind the header, an entry of a table or a field of a record, as <see cref="Commit"/> changes the header. Only
    /// the bytes of the number change; they lie in one sector, which is written whole.
    /// </summary>
    /// <param name="edit">
    /// Finds the number in the locked image, whose header and bytes it gets. What it throws is passed on, and nothing is changed.
    /// </param>
    /// <param name="options">How it is made; the window is of no use.</param>
    /// <exception cref="ImageException">
    /// As <see cref="Commit"/>. ENXIO: the number lies past the end of the file. EOPNOTSUPP: it lies in two sectors.
    /// </exception>
    public EntryResult CommitEntry(Func<Header, IImageBytes, EntryEdit> edit, CommitOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(edit);
        var change = CommitChange(file => EntryChange.Read(file, edit), out var status, options);
        return new(change.Header, change.Position, change.IsChanged && !options.IsTrial, status);
    }

    /// <inheritdoc/>
    public void Dispose() => _parent.Dispose();

    /// <summary>Commits any change of the file's bytes, which is made from the open file under the locks, perhaps twice.</summary>
    internal TChange CommitChange<TChange>(
        Func<FileDescriptor, TChange> prepare, out ImageStatus status, CommitOptions options = default)
        where TChange : class, IChange
    {
        lock (_commits)
        {
            // A rename over the image between open and lock has locked the wrong file: once more with the right one.
            return TryCommit(prepare, options, out status) ?? TryCommit(prepare, options, out status)
                ?? throw new ImageException(Errno.ESTALE, "the image was replaced by another file while it was being changed");
        }
    }

    private TChange? TryCommit<TChange>(Func<FileDescriptor, TChange> prepare, CommitOptions options, out ImageStatus status)
        where TChange : class, IChange
    {
        using var file = Open(OpenMode.ReadWrite, out status);
        using var locks = new WriterLock(file, options.IsAccepted || IsPatient ? s_longTurn : s_shortTurn);
        var error = StatusOfName(out var named);
        if (error is not 0 and not Errno.ENOENT)
        {
            throw ImageException.Of(error, "cannot be found");
        }

        if (error != 0 || !named.IsSameInode(status))
        {
            return null;
        }

        if (options.Owner is { } opened && !opened.IsSameFile(status))
        {
            throw ImageException.Stale();
        }

        if (_failed is { } failed && failed.IsSameFile(status))
        {
            throw new ImageException(Errno.EIO, "an earlier change of the image failed, it takes no more until it is mounted anew")
            {
                StateUnknown = true,
            };
        }

        try
        {
            var change = prepare(file);
            var plan = CommitPlanner.Plan(change);
            if (!options.IsTrial)
            {
                CommitExecutor.Run(plan, _medium(file));
            }

            return change;
        }
        catch (ImageException e) when (e.StateUnknown)
        {
            _failed = status;
            throw;
        }
    }

    private Errno StatusOfName(out ImageStatus status)
    {
        status = default;
        var error = OpenName(OpenMode.Anything, out var file);
        if (error != 0)
        {
            return error;
        }

        using (file)
        {
            return file.Status(out status);
        }
    }

    private Errno OpenName(OpenMode mode, out FileDescriptor file)
    {
        file = default;
        var error = _parent.Open(out var opened);
        using (opened)
        {
            return error != 0 ? error
                : _isMountPoint ? opened.Directory.Open(_name, mode, out file)
                : opened.Directory.OpenBelow(_name, mode, out file);
        }
    }

    private FileDescriptor Open(OpenMode mode, out ImageStatus status)
    {
        ImageException.ThrowIf(OpenName(mode, out var file), CannotBeOpened);
        var error = file.Status(out status);
        if (error == 0 && status.IsImage)
        {
            return file;
        }

        file.Dispose();
        ImageException.ThrowIf(error, CannotBeOpened);
        throw new ImageException(Errno.EINVAL, "the image is neither a regular file nor a block device");
    }
}
