namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// An extension's payload. Each write is staged and tried at once (room, locks, the list), because programs drop the errors of close. What
/// was accepted is committed as one update when a copy of the descriptor is closed, or by fsync; if that fails, the next close or fsync
/// tries again, and fails again until it succeeds.
/// </summary>
/// <remarks>
/// A truncation or creation with nothing behind it is no update yet: a shell closes a copy of its descriptor before the first byte comes.
/// It is committed with the first bytes, by fsync, or when the last copy is closed; but not after a refused write, since what was there
/// must then stay.
/// </remarks>
internal sealed class ExtensionHandle : FileHandle
{
    private readonly ImageSession _session;
    private readonly int _limit;
    private readonly ExtensionNode _node;

    // The payload in the image when this handle last saw it, and the payload as this handle has it.
    private KeptBytes _base;
    private KeptBytes _data;

    private bool _isNew;
    private bool _isWhole;
    private bool _onlyAppends;
    private bool _hasBytes;
    private bool _hasTruncation;
    private bool _isRefused;

    public ExtensionHandle(ReadView view, ReadOnlySpan<byte> path, ExtensionNode node, ReadOnlyMemory<byte> data, bool truncate, bool isNew)
        : base(view.Session.Guard, path)
    {
        (_session, _limit, _node, _isNew) = (view.Session, view.Header.ClusterSize, node, isNew);
        _base = KeptBytes.Share(data);
        _data = truncate ? new() : _base;
        _isWhole = truncate || isNew;
        _onlyAppends = !truncate;
        _hasTruncation = isNew || (truncate && data.Length > 0);
        _session.OpenHandles.Opened(node, this, isNew);
    }

    private protected override KeptBytes Kept => _data;

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
    {
        var length = Staged(offset + data.Length);
        var staged = new byte[Math.Max(length, _data.Length)];
        _data.Read(0, staged);
        data.CopyTo(staged.AsSpan((int)offset));
        Stage(staged);
        _hasBytes = true;
        _onlyAppends &= append;
    }

    private protected override void OnTruncate(long length)
    {
        var staged = new byte[Staged(length)];
        _data.Read(0, staged);
        Stage(staged);
        _hasBytes |= length > 0;
        _hasTruncation |= length == 0;
        _isWhole |= length == 0;
        _onlyAppends = false;
    }

    private protected override void OnCommit(bool withTruncation)
    {
        if (_hasBytes || (withTruncation && _hasTruncation && !_isRefused))
        {
            var committed = _node.Commit(_session, Onto, _isNew, Owner);
            Drop();
            _base = _data = KeptBytes.Share(committed);
            _session.OpenHandles.Created(_node);
            _hasBytes = _hasTruncation = _isNew = _isWhole = _isRefused = false;
            _onlyAppends = true;
        }
    }

    internal override void Abandon() => _isNew = _hasBytes = _hasTruncation = false;

    private protected override void OnRelease()
    {
        try
        {
            if (!_hasBytes)
            {
                OnCommit(withTruncation: true);
            }
        }
        finally
        {
            Drop();
            _session.OpenHandles.Released(_node, this);
        }
    }

    private void Drop()
    {
        _base.Release();
        if (_data != _base)
        {
            _data.Release();
        }
    }

    // Another handle may have committed since this one was opened.
    private byte[] Onto(ReadOnlySpan<byte> now) =>
        now.SequenceEqual(_base.ToArray()) ? _data.ToArray()
        : _onlyAppends ? [.. now, .. _data.ToArray(_base.Length)]
        : _isWhole ? _data.ToArray()
        : throw new TreeException(Errno.ESTALE, "has changed since it was opened, so a part of it cannot be written; read it again");

    private void Stage(byte[] staged)
    {
        _isRefused = true;
        _session.Validate(header => _node.WithData(_session, header, staged, _isNew), Owner);
        _isRefused = false;
        if (_data != _base)
        {
            _data.Release();
        }

        _data = new(staged);
    }

    // Before anything is allocated: an offset is as large as the caller likes.
    private int Staged(long length)
    {
        _isRefused |= length > _limit;
        return length <= _limit
            ? (int)length
            : throw new TreeException(Errno.ENOSPC, $"{length} bytes do not fit the first cluster, which has {_limit}");
    }
}
