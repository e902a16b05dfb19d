namespace Qcow2Fs.Tree.Session;

/// <summary>
/// What a mount keeps of one image from operation to operation: what it did (last error, original cluster, names of duplicate
/// extensions, scratch files), what is open, and caches. Not thread-safe.
/// </summary>
internal sealed class ImageSession
{
    private const int MaxKeptNodes = 256;
    private const int LargeContent = 1 << 20;

    private readonly Dictionary<(uint, int), ExtensionNode> _extensionNodes = [];
    private readonly Dictionary<FileNode, byte[]?> _rendered = [];
    private readonly Dictionary<TableDirectory, ContentCache<TableIndex>> _tableIndexes = [];
    private readonly ContentCache<TableWindows> _windows = new();
    private readonly ContentCache<byte[]> _problems = new();

    // Kept while somebody uses it: the documents of a few images would fill the memory.
    private readonly WeakReference<byte[]> _document = new([]);

    private bool _hasLargeIndex;
    private long? _layoutSize;
    private ReadView? _view;
    private ImageStatus _status;
    private Header? _onDisk;
    private Header? _header;
    private KeptBytes? _original;
    private int _originalSize;
    private ImageStatus? _changed;

    /// <summary>A session of that image, which stays the caller's.</summary>
    /// <exception cref="ImageException">The image is not there.</exception>
    public ImageSession(ImageFile image, Guard guard) => (Image, Guard, _status) = (image, guard, image.Status());

    public ImageFile Image { get; }

    public Guard Guard { get; }

    public ExtensionNames ExtensionNames { get; } = new();

    public OpenHandles OpenHandles { get; } = new();

    public ScratchFiles Scratch { get; } = new();

    /// <summary>The file's status when it was last looked at.</summary>
    public ImageStatus Status => _status;

    /// <summary>Whether dropping the session would lose something: what it did, and what is open.</summary>
    public bool HasState =>
        _original is not null || Guard.LastError.Length > 0 || !OpenHandles.IsEmpty || !Scratch.IsEmpty || !ExtensionNames.IsEmpty;

    /// <summary>Whether a commit has changed a byte of the file that has the image's name.</summary>
    public bool HasChanged => _changed is not null;

    /// <summary>Looks at the image. A file that is unchanged and had settled is not opened.</summary>
    public ReadView Read()
    {
        KeptBytes.Collect();
        if (_hasLargeIndex)
        {
            _tableIndexes.Clear();
            _hasLargeIndex = false;
        }

        try
        {
            if (_view is { IsSettled: true } known)
            {
                _status = Image.Status();
                if (known.Status == _status)
                {
                    return known;
                }

                // Another owner, mode or time of the last read is no other content.
                if (known.Status.IsUnchanged(_status))
                {
                    return _view = new(this, _status, known.Header, known.OnDisk);
                }
            }

            UpdateHeader(Image.ReadHeader(_onDisk, out _status));
            DropStateOfOtherFile(_status);
            return _view = new(this, _status, _header!, _onDisk!);
        }
        catch (ImageException e)
        {
            _view = null;
            return new(this, StatusOfUnreadable(), e);
        }
    }

    /// <summary>Applies an edit to the image as it is under its locks and commits the result.</summary>
    /// <param name="edit">From header to header, nothing else: it may be called again on newer bytes.</param>
    /// <param name="owner">The file that may be changed; null for the one that has the image's name now.</param>
    /// <param name="isAccepted">Whether a write has acknowledged the change before.</param>
    /// <returns>The header before, as the edit got it, and after.</returns>
    public (Header Before, Header After) Commit(Func<Header, Header> edit, ImageStatus? owner = null, bool isAccepted = false)
    {
        var result = Commit(header => edit(header.WithoutSkip()), new CommitOptions { Owner = owner, IsAccepted = isAccepted });
        return (result.Before.WithoutSkip(), result.After);
    }

    /// <summary>As a commit, but nothing is written: the edit, the locks and the permissions are tried.</summary>
    public void Validate(Func<Header, Header> edit, ImageStatus? owner = null) => Commit(
        header =>
        {
            _ = edit(header.WithoutSkip());
            return header;
        }, new CommitOptions { Owner = owner });

    /// <summary>Changes bytes as they are on disk, in a window of so many bytes at least.</summary>
    public Header WriteRaw(int window, Func<Header, Header> edit, ImageStatus? owner) =>
        Commit(edit, new CommitOptions { Window = window, Owner = owner }).After;

    /// <summary>
    /// Changes one number behind the header, which the edit finds in the locked image.
    /// </summary>
    /// <param name="edit">A pure function: it may be called again on newer bytes.</param>
    /// <param name="owner">The file that may be changed; null for the one that has the image's name now.</param>
    /// <param name="isTrial">Whether nothing is written: the edit, the locks and the permissions are tried.</param>
    public void CommitEntry(Func<TableContext, EntryEdit> edit, ImageStatus? owner = null, bool isTrial = false)
    {
        var result = Image.CommitEntry((header, bytes) => edit(new(header, bytes)),
            new() { Owner = owner, IsTrial = isTrial });
        DropStateOfOtherFile(result.File);
        if (result.IsChanged)
        {
            // A table may lie anywhere, also over the header.
            if (result.Position.Offset < result.Header.ClusterSize)
            {
                KeepOriginal(result.Header);
            }

            _changed = result.File;
            _view = null;
        }
    }

    /// <summary>The first cluster before the first change; while there was none, as it is.</summary>
    public ReadOnlyMemory<byte> OriginalBytes() => _original is { } original
        ? (byte[])[.. original.ToArray(), .. new byte[_originalSize - original.Length]] : FirstCluster(Image.ReadHeader());

    /// <summary>Bytes of <see cref="OriginalBytes"/>.</summary>
    public long OriginalSize(ReadView view) => _original is null ? view.Header.ClusterSize : _originalSize;

    /// <summary>What a check finds, line by line. A check reads tables all over the image, and each stat(2) asks for the length.</summary>
    public byte[] Problems(ReadView view) => _problems.Get(view, static view =>
        Encoding.UTF8.GetBytes(string.Concat(
            ImageCheck.Run(view.OnDisk, view.Bytes, view.Session.Image.Path).Findings.Select(f => FindingText.Line(f) + "\n"))));

    /// <summary>Where the entries of a table are. Without it each question of each entry would walk the table from its start.</summary>
    public TableIndex IndexOf(TableDirectory table, ReadView view)
    {
        if (!_tableIndexes.TryGetValue(table, out var index))
        {
            _tableIndexes.Add(table, index = new());
        }

        var found = index.Get(view, view => new(table.EntriesIn(view.Tables)));
        _hasLargeIndex |= !found.IsSmall;
        return found;
    }

    /// <summary>The parts of tables that were read last.</summary>
    public TableWindows WindowsOf(ReadView view) => _windows.Get(view, static view =>
        new(view.Bytes, view.Status.IsBlockDevice ? view.Bytes.Length : view.Status.Size));

    /// <summary>A node's content, made once per header; null if it does not exist.</summary>
    public byte[]? Render(FileNode node, Header header)
    {
        if (!ReferenceEquals(header, _header))
        {
            return node.Content(header);
        }

        if (_rendered.TryGetValue(node, out var content))
        {
            return content;
        }

        if (node is JsonNode && _document.TryGetTarget(out var document) && document.Length > 0)
        {
            return document;
        }

        content = node.Content(header);
        if (node is JsonNode && content?.Length > LargeContent)
        {
            _document.SetTarget(content);
        }
        else
        {
            _rendered.Add(node, content);
        }

        return content;
    }

    /// <summary>Bytes of the layout's text, counted once per header. The text is made for those who open it: it may be long.</summary>
    public long LayoutSize(Header header)
    {
        if (!ReferenceEquals(header, _header) || _layoutSize is not { } size)
        {
            size = 0;
            HeaderLayout.Write(header, ExtensionNames, part => size += part.Length);
            _layoutSize = ReferenceEquals(header, _header) ? size : null;
        }

        return size;
    }

    /// <summary>The node of that name; a few are kept, so that asking again and again makes none.</summary>
    public ExtensionNode ExtensionNode(uint magic, int ordinal)
    {
        if (_extensionNodes.TryGetValue((magic, ordinal), out var node))
        {
            return node;
        }

        if (_extensionNodes.Count == MaxKeptNodes)
        {
            _extensionNodes.Clear();
        }

        _extensionNodes.Add((magic, ordinal), node = new(magic, ordinal));
        return node;
    }

    /// <summary>Drops caches. State that cannot be read again is kept.</summary>
    public void DropCaches()
    {
        _view = null;
        _onDisk = _header = null;
        _rendered.Clear();
        _document.SetTarget([]);
        _layoutSize = null;
        _extensionNodes.Clear();
        _tableIndexes.Clear();
        _windows.Clear();
        _problems.Clear();
        ExtensionNames.DropCaches();
    }

    private static ReadOnlyMemory<byte> FirstCluster(Header header) => header.Bytes[..Math.Min(header.ClusterSize, header.Bytes.Length)];

    private CommitResult Commit(Func<Header, Header> edit, CommitOptions options)
    {
        var result = Image.Commit(edit, options);
        DropStateOfOtherFile(result.File);
        if (!result.Before.Bytes.Span.SequenceEqual(result.After.Bytes.Span))
        {
            KeepOriginal(result.Before);
            _changed = result.File;
            _view = null;
            UpdateHeader(result.After);
        }

        return result;
    }

    private void KeepOriginal(Header header)
    {
        if (_original is null && FirstCluster(header).Span is var before)
        {
            // Most first clusters are nearly all zeros.
            (_original, _originalSize) = (new(before.TrimEnd((byte)0)), before.Length);
        }
    }

    // An image that may not be read still has a status; one that is gone shows the last known.
    private ImageStatus StatusOfUnreadable()
    {
        try
        {
            _status = Image.Status();
        }
        catch (ImageException)
        {
        }

        return _status;
    }

    // header.orig.bin and the names of duplicates belong to one file (device, inode, time of birth). Restoring them into another
    // one that has taken the image's name would corrupt that.
    private void DropStateOfOtherFile(in ImageStatus file)
    {
        if (_changed is { } changed && !changed.IsSameFile(file))
        {
            _original?.Release();
            (_original, _changed) = (null, null);
            _layoutSize = null;
            ExtensionNames.Clear();
        }
    }

    private void UpdateHeader(Header onDisk)
    {
        if (!ReferenceEquals(onDisk, _onDisk))
        {
            _onDisk = onDisk;
            _header = onDisk.WithoutSkip();
            _rendered.Clear();
            _document.SetTarget([]);
            _layoutSize = null;
        }
    }
}
