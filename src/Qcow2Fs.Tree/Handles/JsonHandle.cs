using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Json;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// header.json. A document comes in pieces: they are staged, judged as soon as they are a document, and committed as one
/// update when a descriptor is closed.
/// </summary>
internal sealed class JsonHandle(ImageView view, JsonNode node, byte[] content) : FileHandle
{
    private readonly JsonPrefix _prefix = new();
    private byte[] _text = content;
    private int _length = content.Length;
    private bool _dirty;

    public override ReadOnlyMemory<byte> Content => _text.AsMemory(0, _length);

    public override void Write(long offset, ReadOnlySpan<byte> data, bool append)
    {
        offset = append ? _length : offset;
        var limit = HeaderDocument.MaxLength(view.Header.ClusterSize);
        if (offset > _length || offset + data.Length > limit)
        {
            throw view.Refuse(Errno.EINVAL, $"{node.Name}: a document is written from its start, without holes, and has at most {limit} bytes");
        }

        var before = (_text, _length, _dirty);
        Stage((int)offset, data, limit);
        try
        {
            Judge((int)offset);
        }
        catch (TreeException)
        {
            (_text, _length, _dirty) = before;
            _prefix.ForgetFrom(0);
            throw;
        }
    }

    /// <summary>Changes the document that is being composed, never the header.</summary>
    public override void Truncate(long length)
    {
        _length = (int)Math.Min(length, _length);
        _prefix.ForgetFrom(_length);
    }

    public override void Flush()
    {
        // A shell closes a copy of its descriptor before it has written anything.
        if (!_dirty || Content.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return;
        }

        var document = Read();
        view.Change(header => header.WithDocument(document));
        _dirty = false;
    }

    private void Stage(int offset, ReadOnlySpan<byte> data, int limit)
    {
        // At offset 0 a document replaces the document, however long that was: editors write in place.
        var end = offset + data.Length;
        var length = offset == 0 ? end : Math.Max(end, _length);
        if (length > _text.Length || offset < _length)
        {
            // Whatever is overwritten may have to come back. Room in advance: a long document comes in many pieces.
            var text = new byte[Math.Min(limit, 2 * length)];
            _text.AsSpan(0, offset == 0 ? 0 : _length).CopyTo(text);
            _text = text;
        }

        data.CopyTo(_text.AsSpan(offset));
        _length = length;
        _dirty |= data.Length > 0;
    }

    // What can be known of a piece: whether it can go on to be a document, and whether the image takes changes at all.
    private void Judge(int changedFrom)
    {
        _prefix.ForgetFrom(changedFrom);
        if (_prefix.IsComplete(view, Content.Span))
        {
            var document = Read();
            view.Validate(header => header.WithDocument(document));
        }
        else
        {
            view.Validate(header => header);
        }
    }

    private HeaderDocument Read()
    {
        try
        {
            return HeaderDocument.Read(Content);
        }
        catch (HeaderException e)
        {
            throw view.Refuse(TreeException.ErrnoOf(e.Error), e.Message);
        }
    }
}
