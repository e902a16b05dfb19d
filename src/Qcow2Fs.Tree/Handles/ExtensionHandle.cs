using Mono.Unix.Native;
using Qcow2Fs.Tree.Nodes;
using Qcow2Fs.Tree.Session;

namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// An extension's payload. Changes are staged, each write is tried (room, locks, the list), and they are committed as
/// one update when a descriptor is closed. While the last write was a refused one nothing is committed: a copy that
/// does not fit must not leave its first half, nor the emptiness that it began with.
/// </summary>
internal sealed class ExtensionHandle : FileHandle
{
    private readonly ImageSession _session;
    private readonly int _limit;
    private readonly ExtensionNode _node;
    private byte[] _base;
    private byte[] _data;
    private bool _isNew;
    private bool _dirty;
    private bool _awaitsContent;
    private bool _isRefused;
    private bool _isWhole;
    private bool _onlyAppends;

    public ExtensionHandle(ReadView view, ReadOnlySpan<byte> path, ExtensionNode node, ReadOnlySpan<byte> data, bool truncate, bool isNew)
        : base(view.Session.Guard, path)
    {
        _session = view.Session;
        (_limit, _node, _isNew) = (view.Header.ClusterSize, node, isNew);
        _base = _data = data.ToArray();
        _onlyAppends = !truncate;
        _isWhole = truncate || isNew;
        if (truncate)
        {
            _data = [];
        }

        _dirty = _awaitsContent = isNew || (truncate && data.Length > 0);
        _session.OpenHandles.Opened(node, this, isNew);
    }

    public override ReadOnlyMemory<byte> Content => _data;

    public override bool AwaitsContent => _awaitsContent;

    public override void Release() => _session.OpenHandles.Released(_node, this);

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
    {
        _isRefused = true;
        RequireRoom(offset + data.Length);
        var end = (int)offset + data.Length;
        var staged = new byte[Math.Max(end, _data.Length)];
        _data.CopyTo(staged, 0);
        data.CopyTo(staged.AsSpan((int)offset));
        Stage(staged);
        _onlyAppends &= append;
    }

    private protected override void OnTruncate(long length)
    {
        _isRefused = true;
        RequireRoom(length);
        var staged = new byte[length];
        _data.AsSpan(0, (int)Math.Min(length, _data.Length)).CopyTo(staged);
        Stage(staged);
        _onlyAppends = false;
        _isWhole |= length == 0;
    }

    private protected override void OnFlush()
    {
        if (!_dirty || _isRefused)
        {
            return;
        }

        _base = _data = _node.Commit(_session, Onto, _isNew);
        _session.OpenHandles.Created(_node);
        _dirty = _isNew = _awaitsContent = _isWhole = false;
        _onlyAppends = true;
    }

    // Another handle may have committed since this one was opened.
    private byte[] Onto(ReadOnlySpan<byte> now) =>
        now.SequenceEqual(_base) ? _data
        : _onlyAppends ? [.. now, .. _data.AsSpan(_base.Length)]
        : _isWhole ? _data
        : throw new TreeException(Errno.ESTALE, "has changed since it was opened, so a part of it cannot be written; read it again");

    private void Stage(byte[] staged)
    {
        _session.Validate(header => _node.WithData(_session, header, staged, _isNew));
        _data = staged;
        _dirty = true;
        _awaitsContent = false;
        _isRefused = false;
    }

    // Before anything is allocated: an offset is as large as the caller likes.
    private void RequireRoom(long length)
    {
        if (length > _limit)
        {
            throw new TreeException(Errno.ENOSPC, $"{length} bytes do not fit the first cluster, which has {_limit}");
        }
    }
}
