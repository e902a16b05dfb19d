using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image;
using Qcow2Fs.Tree.Handles;
using Qcow2Fs.Tree.Nodes;
using Qcow2Fs.Tree.Scratch;
using Qcow2Fs.Tree.Tables;

namespace Qcow2Fs.Tree;

/// <summary>
/// What the tree of one image needs to know: the image as it is now, and what this view has done to it. A live view:
/// each question reads the image. The rules of changing it are here and in the nodes, so that a mount and the commands
/// without FUSE have the same. Not thread-safe.
/// </summary>
public sealed class ImageView
{
    private const int MaxKeptNodes = 256;

    private readonly ImageFile _image;
    private readonly Dictionary<(uint, int), ExtensionNode> _extensionNodes = [];
    private readonly Dictionary<FileNode, byte[]?> _rendered = [];

    private int _moments;
    private bool _isOfNow;
    private ImageStatus _status;
    private Header? _onDisk;
    private Header? _tidied;
    private OriginalCluster? _original;
    private ImageStatus _changed;
    private byte[] _lastError = [];

    /// <summary>A view of that image, which stays the caller's.</summary>
    public ImageView(ImageFile image)
    {
        _image = image;
        Problems = new(this);
        TableIndexCache = new(this);
    }

    /// <summary>The image.</summary>
    public ImageFile Image => _image;

    /// <summary>The header as it is on disk at this moment, without what a crash may have left behind.</summary>
    /// <exception cref="TreeException">The image cannot be read.</exception>
    public Header Header
    {
        get
        {
            if (_isOfNow)
            {
                return _tidied!;
            }

            try
            {
                UpdateCache(_image.ReadHeader(_onDisk, out _status));
                DropStateOfOtherFile(_status);
                _isOfNow = _moments > 0;
                return _tidied!;
            }
            catch (ImageException e)
            {
                throw Refuse(TreeException.ErrnoOf(e), e.Message);
            }
        }
    }

    /// <summary>The last refusal, in words; empty if there was none.</summary>
    public string LastError => Encoding.UTF8.GetString(_lastError);

    internal ReadOnlyMemory<byte> LastErrorBytes => _lastError;

    internal Problems Problems { get; }

    internal TableIndexCache TableIndexCache { get; }

    internal ExtensionNames ExtensionNames { get; } = new();

    internal OpenHandles OpenHandles { get; } = new();

    internal ScratchDirectory Scratch { get; } = new();

    /// <summary>The first cluster with every byte of it fresh.</summary>
    internal Header WholeHeader
    {
        get
        {
            try
            {
                return _image.ReadWholeHeader();
            }
            catch (ImageException e)
            {
                throw Refuse(TreeException.ErrnoOf(e), e.Message);
            }
        }
    }

    /// <summary>The first cluster before the first change; while there was none, as it is.</summary>
    internal ReadOnlyMemory<byte> OriginalBytes => Original?.ToBytes() ?? FirstCluster(WholeHeader);

    internal long OriginalSize => Original?.Size ?? Header.ClusterSize;

    /// <summary>Whether something would be lost if the view were forgotten: what it did, and what is open.</summary>
    internal bool HasState => _original is not null || _lastError.Length > 0 || !OpenHandles.IsEmpty || !Scratch.IsEmpty || !ExtensionNames.IsEmpty;

    /// <summary>What the system says of the image file.</summary>
    /// <exception cref="TreeException">The image cannot be looked at.</exception>
    internal ImageStatus Status()
    {
        if (_isOfNow)
        {
            return _status;
        }

        try
        {
            return _image.Status();
        }
        catch (ImageException e)
        {
            throw Refuse(TreeException.ErrnoOf(e), e.Message);
        }
    }

    /// <summary>
    /// Until its end the image is looked at once: an operation sees one header, however often it asks, unless it changes it.
    /// </summary>
    public Moment Now() => new(this);

    internal bool IsInMoment => _moments > 0;

    /// <summary>The number of the moment, or of the last one.</summary>
    internal int CurrentMoment { get; private set; }

    /// <summary>Lets go of what can be read again.</summary>
    internal void DropCaches()
    {
        _onDisk = _tidied = null;
        _rendered.Clear();
        _extensionNodes.Clear();
        ExtensionNames.DropCaches();
        TableIndexCache.DropCaches();
    }

    /// <summary>Remembers and makes a refusal; the caller throws it.</summary>
    internal TreeException Refuse(Errno errno, string sentence)
    {
        _lastError = Encoding.UTF8.GetBytes(PrintableText.Of(sentence) + "\n");
        return new(errno, sentence);
    }

    /// <summary>Applies an edit to the image as it is under its locks and commits the result.</summary>
    /// <returns>The header that the edit was applied to.</returns>
    /// <exception cref="TreeException">Nothing has changed.</exception>
    public Header Change(Func<Header, Header> edit)
    {
        Header? before = null;
        Commit(header => edit(before = header.WithoutSkip()), window: 0);
        return before!;
    }

    /// <summary>As <see cref="Change"/>, but nothing is written: the edit, the locks and the permissions are judged.</summary>
    internal void Validate(Func<Header, Header> edit) => Commit(
        header =>
        {
            _ = edit(header.WithoutSkip());
            return header;
        },
        window: 0);

    /// <summary>Changes bytes as they are on disk, in a first cluster taken to have at least so many.</summary>
    internal Header RawWrite(int window, Func<Header, Header> edit) => Commit(edit, window);

    /// <summary>A node's content, made once per header; null if it does not exist.</summary>
    internal byte[]? Render(FileNode node, Header header)
    {
        if (!ReferenceEquals(header, _tidied))
        {
            return node.Content(header);
        }

        if (!_rendered.TryGetValue(node, out var content))
        {
            content = node.Content(header);
            _rendered.Add(node, content);
        }

        return content;
    }

    /// <summary>Reads what lies behind the header; what goes wrong there is a refusal.</summary>
    internal T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (IOException e)
        {
            throw Refuse(Errno.EIO, e.Message);
        }
    }

    /// <summary>The node of that name; a few are kept, so that asking again and again makes none.</summary>
    internal ExtensionNode ExtensionNode(uint magic, int ordinal)
    {
        if (_extensionNodes.Count == MaxKeptNodes)
        {
            _extensionNodes.Clear();
        }

        if (!_extensionNodes.TryGetValue((magic, ordinal), out var node))
        {
            _extensionNodes.Add((magic, ordinal), node = new(magic, ordinal));
        }

        return node;
    }

    private OriginalCluster? Original
    {
        get
        {
            // Only a look at the image tells whether it is still the one that was changed.
            _ = Header;
            return _original;
        }
    }

    private static ReadOnlyMemory<byte> FirstCluster(Header header) => header.Bytes[..Math.Min(header.ClusterSize, header.Bytes.Length)];

    private Header Commit(Func<Header, Header> edit, int window)
    {
        _isOfNow = false;
        try
        {
            var result = _image.Commit(edit, window);
            var (before, after) = result;
            DropStateOfOtherFile(result.File);
            if (!before.Bytes.Span.SequenceEqual(after.Bytes.Span))
            {
                _original ??= new(FirstCluster(before).Span);
                _changed = result.File;
                UpdateCache(after);
            }

            return after;
        }
        catch (HeaderException e)
        {
            throw Refuse(TreeException.ErrnoOf(e.Error), e.Message);
        }
        catch (ImageException e)
        {
            throw Refuse(TreeException.ErrnoOf(e), e.Message);
        }
    }

    // What was done to a file says nothing of another one that took its name: that must not be undone into it.
    private void DropStateOfOtherFile(in ImageStatus file)
    {
        if (_original is not null && !_changed.IsSameFile(file))
        {
            _original = null;
            ExtensionNames.Clear();
        }
    }

    private void UpdateCache(Header onDisk)
    {
        if (!ReferenceEquals(onDisk, _onDisk))
        {
            _onDisk = onDisk;
            _tidied = onDisk.WithoutSkip();
            _rendered.Clear();
        }
    }

    /// <summary>The time that one operation takes.</summary>
    public readonly ref struct Moment
    {
        private readonly ImageView _view;

        internal Moment(ImageView view)
        {
            _view = view;
            if (view._moments++ == 0)
            {
                view.CurrentMoment++;
            }
        }

        /// <summary>Ends it.</summary>
        public void Dispose() => _view._isOfNow &= --_view._moments > 0;
    }
}
