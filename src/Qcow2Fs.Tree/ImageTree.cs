namespace Qcow2Fs.Tree;

/// <summary>
/// The tree of one image, for a mount and for commands without FUSE alike. The operations of <see cref="ITree"/> look at the image
/// when they start; those with a view are for callers that look once for several steps. Not thread-safe.
/// </summary>
public sealed class ImageTree : ITree
{
    // Cursors above those of a directory's own nodes: of files that are about to be created, and of scratch files.
    private const long PendingCursor = DirectoryNode.MaxCursor;
    private const long ScratchCursor = 2 * DirectoryNode.MaxCursor;

    private readonly ImageSession _session;
    private readonly Guard _guard;

    /// <summary>The tree of that image, which stays the caller's.</summary>
    /// <exception cref="ImageException">The image is not there.</exception>
    public ImageTree(ImageFile image) : this(image, new Guard()) { }

    internal ImageTree(ImageFile image, Guard guard) => (_session, _guard) = (new(image, guard), guard);

    internal ImageSession Session => _session;

    /// <summary>Whether this tree has changed a byte of the image.</summary>
    public bool HasChanged => _session.HasChanged;

    /// <summary>Looks at the image.</summary>
    public ReadView Read() => _session.Read();

    /// <inheritdoc/>
    public NodeStatus? Stat(ReadOnlySpan<byte> path) => _guard.Run(path, this, static (path, tree) =>
    {
        var view = tree.Read();
        return tree.Find(view, path) is { } node ? Status(view, node) : (NodeStatus?)null;
    });

    /// <inheritdoc/>
    public DirectoryHandle? OpenDirectory(ReadOnlySpan<byte> path) => _guard.Run(path, this, static (path, tree) =>
        tree.Find(tree.Read(), path) is DirectoryNode ? new ImageDirectoryHandle(tree, tree._guard, path) : null);

    /// <inheritdoc/>
    public (long Size, long Free) Room(ReadOnlySpan<byte> path) => _guard.Run(path, this, static (_, tree) =>
    {
        var header = tree.Read().Header;
        return ((long)header.ClusterSize, (long)header.FreeBytes);
    });

    /// <inheritdoc/>
    public FileHandle? Open(ReadOnlySpan<byte> path, bool write, bool truncate) => Open(Read(), path, write, truncate);

    /// <inheritdoc/>
    public FileHandle Create(ReadOnlySpan<byte> path) => _guard.Run(path, path =>
    {
        var view = Read();
        var file = Target(view, path);
        if (_session.Scratch.Unhide(file))
        {
            return Open(view, file, path, write: true, truncate: true);
        }

        if (file is not ScratchNode)
        {
            file.Create(view);
            view = Read();
        }

        return Open(view, file, path, write: true, truncate: false);
    });

    /// <inheritdoc/>
    public void Remove(ReadOnlySpan<byte> path, bool replacing = false) => Remove(Read(), path, replacing);

    /// <inheritdoc/>
    public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace) => Rename(Read(), from, to, noReplace);

    /// <inheritdoc/>
    public void Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var source = from.ToArray();
        _guard.Run(to, to =>
        {
            var view = Read();
            var file = Require(view, source);
            return Target(view, to) is ScratchNode copy
                ? CopyTo(view, copy, file, source)
                : throw new TreeException(Errno.EPERM, "hard links are not supported");
        });
    }

    /// <inheritdoc/>
    public void Truncate(ReadOnlySpan<byte> path, long length) => _guard.Run(path, path =>
    {
        var view = Read();
        Require(view, path).Truncate(view, length);
        return true;
    });

    /// <inheritdoc/>
    public TreeException Refuse(ReadOnlySpan<byte> path, Errno errno, string sentence) =>
        _guard.Refuse(path, new TreeException(errno, sentence));

    /// <summary>The node at the path; null if there is none.</summary>
    public Node? Find(ReadView view, ReadOnlySpan<byte> path) =>
        Walk(view, path, out _) is { } node && ((node.IsAlwaysThere && !_session.Scratch.IsHidden(node)) || Exists(view, node))
            ? node : null;

    /// <summary>Owner, mode, size and times of a node.</summary>
    public static NodeStatus Status(ReadView view, Node node) => node is FileNode file
        ? NodeStatus.OfFile(view.Status, node.IsWritable, file.Size(view))
        : NodeStatus.OfDirectory(view.Status, node.IsWritable);

    /// <summary>What a node is, in a few words; empty where the name is enough.</summary>
    public static string Summary(ReadView view, Node node) => node.SummaryIn(view);

    /// <summary>What is in a directory, read while it is enumerated.</summary>
    public IEnumerable<Node> List(ReadView view, DirectoryNode directory) =>
        List(view, directory, after: 0).Select(listed => listed.Node).OfType<Node>();

    /// <summary>
    /// What follows a cursor in a directory: its own nodes, files that are about to be created, scratch files. Where there is no node, a
    /// null says how far the directory was read.
    /// </summary>
    internal IEnumerable<(Node? Node, long Next)> List(ReadView view, DirectoryNode directory, long after)
    {
        var scratch = _session.Scratch;
        foreach (var (node, next) in after < PendingCursor ? directory.List(view, after) : [])
        {
            node?.Parent ??= directory;
            if (node is null || !scratch.IsHidden(node))
            {
                yield return (node, next);
            }
        }

        foreach (var (file, number) in _session.OpenHandles.PendingAfter(after - PendingCursor, view.Status))
        {
            if (directory.Equals(file.Parent) && !file.Exists(view))
            {
                yield return (file, PendingCursor + number);
            }
        }

        foreach (var file in scratch.In(directory, after - ScratchCursor))
        {
            yield return (file, ScratchCursor + file.Number);
        }
    }

    /// <summary>Opens a file; null if there is none.</summary>
    /// <exception cref="TreeException">It is a directory, or cannot be opened so.</exception>
    public FileHandle? Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => _guard.Run(path, path =>
        Find(view, path) switch
        {
            FileNode file => Open(view, file, path, write, truncate),
            null => null,
            _ => throw new TreeException(Errno.EISDIR, "is a directory"),
        });

    /// <summary>
    /// Replaces a file's whole content in one commit, as a shell's <c>printf DATA &gt; PATH</c> does in a mount: a file that
    /// does not exist is created, and an empty text changes nothing.
    /// </summary>
    public void Replace(ReadView view, ReadOnlySpan<byte> path, byte[] data) => _guard.Run(path, path =>
    {
        var file = Walk(view, path, out var parent) switch
        {
            FileNode node => node,
            null => throw parent?.RefuseName(view, Guard.Text(NameOf(path))) ?? NoParent(path),
            _ => throw new TreeException(Errno.EISDIR, "is a directory"),
        };
        file.Replace(view, path, data, Exists(view, file));
        return true;
    });

    /// <summary>Removes a file; see <see cref="ITree.Remove"/>.</summary>
    public void Remove(ReadView view, ReadOnlySpan<byte> path, bool replacing = false) => _guard.Run(path, path =>
    {
        var file = Require(view, path);
        if (IsOnlyPending(view, file))
        {
            _session.OpenHandles.Removed(file);
        }
        else if (replacing && file is { IsWritable: true } and not ScratchNode)
        {
            _session.Scratch.Hide(file, copy: null);
        }
        else
        {
            file.Remove(view);
        }

        return true;
    });

    /// <summary>Renames a file; see <see cref="ITree.Rename"/>.</summary>
    public void Rename(ReadView view, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace)
    {
        var source = from.ToArray();
        _guard.Run(to, to => RenameTo(view, source, to, noReplace));
    }

    /// <summary>Applies an edit of the header in one commit; it may be called again on newer bytes. A refusal names the subject.</summary>
    public void Edit(ReadOnlySpan<byte> subject, Func<Header, Header> edit) => _guard.Run(subject, _ => _session.Commit(edit));

    /// <summary>Whether the image is still the file that this tree was made for.</summary>
    internal bool IsOf(in ImageStatus status) => _session.Status.IsSameInode(status);

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    private static TreeException NoParent(ReadOnlySpan<byte> path) => new(Errno.ENOENT, Guard.Text(path), "there is no such directory");

    private bool RenameTo(ReadView view, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace)
    {
        if (Find(view, from) is DirectoryNode)
        {
            throw new TreeException(Errno.EPERM, Guard.Text(from), "directories cannot be renamed or removed");
        }

        var file = Require(view, from);
        if (IsOnlyPending(view, file))
        {
            throw new TreeException(Errno.EBUSY, Guard.Text(from), "is being created, and can be renamed when it has its first content");
        }

        if (noReplace && Find(view, to) is not null)
        {
            throw new TreeException(Errno.EEXIST, "already exists");
        }

        var target = Target(view, to);
        if (file.Equals(target))
        {
            return false;
        }

        if (target is ScratchNode copy && file is not ScratchNode)
        {
            CopyTo(view, copy, file, from);
            _session.Scratch.Hide(file, copy);
            return true;
        }

        file.Rename(view, target, to);
        _session.Scratch.Unhide(target);
        return true;
    }

    private FileHandle Open(ReadView view, FileNode file, ReadOnlySpan<byte> path, bool write, bool truncate)
    {
        var handle = write && file is not ScratchNode
            ? OpenBound(view, file, path, truncate) : file.Open(view, path, write, truncate);
        handle.Attributes = NodeStatus.OfFile(view.Status, file.IsWritable, size: 0);
        return handle;
    }

    // For writing, a handle is bound to the file that a commit would change. The attempt to open that has the errno of a commit.
    private FileHandle OpenBound(ReadView view, FileNode file, ReadOnlySpan<byte> path, bool truncate)
    {
        var owner = _session.Image.StatusForWriting();
        if (!owner.IsSameFile(view.Status))
        {
            view = Read();
        }

        var handle = owner.IsSameFile(view.Status) ? file.Open(view, path, write: true, truncate) : throw ImageException.Stale();
        handle.Owner = owner;
        return handle;
    }

    private FileNode Require(ReadView view, ReadOnlySpan<byte> path) => Find(view, path) switch
    {
        FileNode file => file,
        null => throw new TreeException(Errno.ENOENT, Guard.Text(path), "there is no such file"),
        _ => throw new TreeException(Errno.EISDIR, Guard.Text(path), "is a directory"),
    };

    private bool CopyTo(ReadView view, ScratchNode copy, FileNode file, ReadOnlySpan<byte> path)
    {
        if (!file.IsWritable)
        {
            _session.Scratch.Remove(copy);
            throw new TreeException(Errno.EPERM, Guard.Text(path), "is read-only, it cannot be moved");
        }

        var handle = file.Open(view, path, write: false, truncate: false);
        copy.Fill(handle.Content.Span);
        handle.Release();
        return true;
    }

    // What an operation is about to create or replace: a file of the image, existing or not, or a temporary file.
    private FileNode Target(ReadView view, ReadOnlySpan<byte> path)
    {
        var node = Walk(view, path, out var parent);
        var name = NameOf(path);
        return node switch
        {
            FileNode file => file,
            null when parent is null => throw NoParent(path),
            null when ScratchNames.IsScratch(name) || IsCopy(view, parent, name) => _session.Scratch.Create(parent, name),
            null => throw parent.RefuseName(view, Guard.Text(name)),
            _ => throw new TreeException(Errno.EISDIR, "is a directory"),
        };
    }

    // busybox' sed -i appends its six characters to the name of the file itself.
    private bool IsCopy(ReadView view, DirectoryNode parent, ReadOnlySpan<byte> name) =>
        ScratchNames.CopiedFrom(name) is { IsEmpty: false } original
        && parent.Find(view, original) is FileNode file && Exists(view, file);

    // A file that an open handle is about to create.
    private bool IsOnlyPending(ReadView view, FileNode file) => _session.OpenHandles.IsPending(file, view.Status) && !file.Exists(view);

    private bool Exists(ReadView view, Node node) =>
        !_session.Scratch.IsHidden(node)
        && ((node is FileNode file && _session.OpenHandles.IsPending(file, view.Status)) || node.Exists(view));

    // The node that the path names, existing or not, and the directory that it is in, if that exists.
    private Node? Walk(ReadView view, ReadOnlySpan<byte> path, out DirectoryNode? parent)
    {
        parent = null;
        Node? node = ImageNodes.Root;
        foreach (var part in path.Split((byte)'/'))
        {
            var name = path[part];
            if (name.IsEmpty)
            {
                continue;
            }

            if (node is not DirectoryNode directory || !(directory.IsAlwaysThere || Exists(view, directory)))
            {
                parent = null;
                return null;
            }

            parent = directory;
            node = _session.Scratch.Find(directory, name) ?? directory.Find(view, name);
            node?.Parent ??= directory;
        }

        return node;
    }
}
