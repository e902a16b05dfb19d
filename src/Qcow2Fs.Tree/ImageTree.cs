using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.Tree.Handles;
using Qcow2Fs.Tree.Nodes;
using Qcow2Fs.Tree.Scratch;

namespace Qcow2Fs.Tree;

/// <summary>
/// The tree of one image by paths: the operations of a file system, for a mount and for commands without FUSE alike.
/// Paths are bytes, with or without a leading slash. Refusals are <see cref="TreeException"/>. Not thread-safe.
/// </summary>
public sealed class ImageTree : ITree
{
    private readonly ImageView _view;
    private ImageStatus _lastStatus;

    /// <summary>The tree of that view.</summary>
    /// <exception cref="TreeException">The image cannot be looked at.</exception>
    public ImageTree(ImageView view)
    {
        _view = view;
        _lastStatus = _view.Status();
    }

    /// <summary>The view whose tree it is.</summary>
    public ImageView View => _view;

    /// <summary>The node at the path, or null if there is none now.</summary>
    public Node? Find(ReadOnlySpan<byte> path)
    {
        using var now = _view.Now();
        return Walk(path, out _) is { } node && ((node.IsAlwaysThere && !_view.Scratch.IsHidden(node)) || Exists(node)) ? node : null;
    }

    /// <summary>Owner, mode, size and times of a node.</summary>
    public NodeStatus Status(Node node)
    {
        using var now = _view.Now();
        try
        {
            _lastStatus = _view.Status();
        }
        catch (TreeException) when (node.IsAlwaysThere)
        {
            // The mount itself and last_error can still be looked at while the image is away.
        }

        return node is FileNode file
            ? NodeStatus.OfFile(_lastStatus, node.IsWritable, file.Size(_view))
            : NodeStatus.OfDirectory(_lastStatus, node.IsWritable);
    }

    /// <inheritdoc/>
    public NodeStatus? Stat(ReadOnlySpan<byte> path)
    {
        using var now = _view.Now();
        return Find(path) is { } node ? Status(node) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IEntry>? List(ReadOnlySpan<byte> path)
    {
        using var now = _view.Now();
        return Find(path) is DirectoryNode directory ? List(directory) : null;
    }

    /// <inheritdoc/>
    public FileHandle? Open(ReadOnlySpan<byte> path, bool write, bool truncate)
    {
        using var now = _view.Now();
        return Find(path) is FileNode file ? Open(file, write, truncate) : null;
    }

    /// <inheritdoc/>
    public (long Size, long Free) Room(ReadOnlySpan<byte> path)
    {
        using var now = _view.Now();
        var header = _view.Header;
        return (header.ClusterSize, header.FreeBytes);
    }

    /// <summary>Whether the image is still the file that this tree was made for.</summary>
    internal bool IsOf(in ImageStatus status) => _lastStatus.IsSameInode(status);

    /// <summary>What is in a directory at this moment; the list does not change when the image does.</summary>
    public IReadOnlyList<Node> List(DirectoryNode directory)
    {
        var nodes = directory.List(_view, _view.Header);
        return _view.Scratch.IsEmpty ? nodes : [.. nodes.Where(n => !_view.Scratch.IsHidden(n)), .. _view.Scratch.In(directory)];
    }

    /// <summary>What a node is, in a few words; empty where there is nothing to say.</summary>
    public string Summary(Node node) => node.SummaryIn(_view.Header);

    /// <summary>Opens a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">For writing, or for reading and writing.</param>
    /// <param name="truncate">With O_TRUNC.</param>
    public FileHandle Open(FileNode file, bool write, bool truncate)
    {
        if (write && !_view.Image.IsWritable)
        {
            // The errno is the one that the attempt has.
            _view.Validate(header => header);
        }

        return file.Open(_view, write, truncate);
    }

    /// <inheritdoc/>
    public FileHandle Create(ReadOnlySpan<byte> path)
    {
        using var now = _view.Now();
        var file = Target(path);
        if (_view.Scratch.Unhide(file))
        {
            return Open(file, write: true, truncate: true);
        }

        if (file is not ScratchNode)
        {
            file.Create(_view);
        }

        return file.Open(_view, write: true, truncate: false);
    }

    /// <summary>
    /// Gives a file that whole content in one commit, as a shell's <c>printf DATA &gt; PATH</c> does in a mount: a file that
    /// does not exist is created, and an empty text changes nothing.
    /// </summary>
    public void Replace(ReadOnlySpan<byte> path, ReadOnlySpan<byte> data)
    {
        using var now = _view.Now();
        switch (Walk(path, out var parent))
        {
            case FileNode file:
                var exists = Exists(file);
                file.Replace(_view, data, exists);
                break;
            case DirectoryNode directory:
                throw _view.Refuse(Errno.EISDIR, $"{(directory.Name.Length == 0 ? "/" : directory.Name)} is a directory");
            default:
                throw parent?.RefuseName(_view, NameOf(path)) ?? NoParent(path);
        }
    }

    /// <inheritdoc/>
    public void Remove(ReadOnlySpan<byte> path, bool replacing = false)
    {
        using var now = _view.Now();
        var file = Require(path);
        if (replacing && file is { IsWritable: true } and not ScratchNode)
        {
            _view.Scratch.Hide(file, copy: null);
        }
        else
        {
            file.Remove(_view);
        }
    }

    /// <inheritdoc/>
    public void Truncate(ReadOnlySpan<byte> path, long length)
    {
        using var now = _view.Now();
        Require(path).Truncate(_view, length);
    }

    /// <inheritdoc/>
    public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool noReplace)
    {
        using var now = _view.Now();
        if (Find(from) is DirectoryNode)
        {
            throw RefuseShape(from, "the directories are fixed");
        }

        var file = Require(from);
        if (noReplace && Find(to) is { } existing)
        {
            throw _view.Refuse(Errno.EEXIST, $"{existing.Name} exists");
        }

        var target = Target(to);
        if (file.Equals(target))
        {
            return;
        }

        if (target is ScratchNode copy && file is not ScratchNode)
        {
            CopyTo(copy, file);
            _view.Scratch.Hide(file, copy);
            return;
        }

        file.Rename(_view, target);
        _view.Scratch.Unhide(target);
    }

    /// <inheritdoc/>
    public void Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        using var now = _view.Now();
        var file = Require(from);
        if (Target(to) is not ScratchNode copy)
        {
            throw RefuseShape(to, "a file has one name here");
        }

        CopyTo(copy, file);
    }

    /// <inheritdoc/>
    public TreeException RefuseShape(ReadOnlySpan<byte> path, string sentence, Errno errno = Errno.EPERM) => _view.Refuse(errno, sentence);

    private static string NameOf(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path[(path.LastIndexOf((byte)'/') + 1)..]);

    private FileNode Require(ReadOnlySpan<byte> path) => Find(path) switch
    {
        FileNode file => file,
        null => throw _view.Refuse(Errno.ENOENT, $"there is no {Encoding.UTF8.GetString(path).TrimStart('/')}"),
        var directory => throw _view.Refuse(Errno.EISDIR, $"{directory.Name} is a directory"),
    };

    private TreeException NoParent(ReadOnlySpan<byte> path) =>
        _view.Refuse(Errno.ENOENT, $"there is no directory for {Encoding.UTF8.GetString(path).TrimStart('/')}");

    private void CopyTo(ScratchNode copy, FileNode file)
    {
        if (!file.IsWritable)
        {
            _view.Scratch.Remove(copy);
            throw _view.Refuse(Errno.EPERM, $"{file.Name} is read-only, it cannot be moved");
        }

        var handle = file.Open(_view, write: false, truncate: false);
        copy.Fill(_view, handle.Content.Span);
        handle.Release();
    }

    // What an operation is about to make: a file of the image, existing or not, or a temporary file.
    private FileNode Target(ReadOnlySpan<byte> path)
    {
        var node = Walk(path, out var parent);
        var name = NameOf(path);
        return node switch
        {
            FileNode file => file,
            null when parent is null => throw NoParent(path),
            null when ScratchNames.IsScratch(name) || IsCopy(parent, name) => _view.Scratch.Create(_view, parent, name),
            null => throw parent.RefuseName(_view, name),
            _ => throw _view.Refuse(Errno.EISDIR, $"{node.Name} is a directory"),
        };
    }

    // busybox' sed -i appends its six characters to the name of the file itself.
    private bool IsCopy(DirectoryNode parent, string name) =>
        ScratchNames.CopiedFrom(name) is { } original && parent.Find(_view, Encoding.UTF8.GetBytes(original)) is FileNode file && Exists(file);

    private bool Exists(Node node) =>
        !_view.Scratch.IsHidden(node) && ((node is FileNode file && _view.OpenHandles.IsPending(file)) || node.Exists(_view, _view.Header));

    // The node that the path can mean, existing or not, and the directory that it is in, if that exists.
    private Node? Walk(ReadOnlySpan<byte> path, out DirectoryNode? parent)
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

            if (node is not DirectoryNode directory || !(directory.IsAlwaysThere || Exists(directory)))
            {
                parent = null;
                return null;
            }

            parent = directory;
            node = _view.Scratch.Find(directory, name) ?? directory.Find(_view, name);
        }

        return node;
    }
}
