using System.Text.Json;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The whole header as a JSON document; writing one applies all of it in one commit.</summary>
internal sealed class JsonNode(string name) : FileNode(name)
{
    internal override bool IsAlwaysThere => true;

    internal override long Size(ReadView view) => view.Render(this)!.Length;

    internal override byte[] Content(Header header) => HeaderDocument.Write(header);

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => write
        ? new JsonHandle(view, path, truncate ? [] : view.Render(this)!)
        : new ReadOnlyHandle(view.Session.Guard, path, view.Render(this)!);

    // A shell's > truncates before it writes the document.
    internal override void Truncate(ReadView view, long length) { }
}

/// <summary>
/// header.json. A document comes in pieces: they are staged, tried as soon as they are a document, and committed as one
/// update when a descriptor is closed.
/// </summary>
internal sealed class JsonHandle(ReadView view, ReadOnlySpan<byte> path, byte[] content) : FileHandle(view.Session.Guard, path)
{
    private readonly ImageSession _session = view.Session;
    private readonly int _limit = HeaderDocument.MaxLength(view.Header.ClusterSize);
    private readonly JsonPrefix _prefix = new();
    private byte[] _text = content;
    private int _length = content.Length;
    private bool _dirty;

    public override ReadOnlyMemory<byte> Content => _text.AsMemory(0, _length);

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
    {
        if (offset > _length || offset + data.Length > _limit)
        {
            throw new TreeException(Errno.EINVAL, $"a document is written from its start, without holes, and has at most {_limit} bytes");
        }

        var before = (_text, _length, _dirty);
        Stage((int)offset, data);
        try
        {
            Validate((int)offset);
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            (_text, _length, _dirty) = before;
            _prefix.ForgetFrom(0);
            throw;
        }
    }

    // Changes the document that is being composed, never the header.
    private protected override void OnTruncate(long length)
    {
        _length = (int)Math.Min(length, _length);
        _prefix.ForgetFrom(_length);
    }

    private protected override void OnCommit(bool withTruncation)
    {
        // An empty document changes nothing, so a truncation alone is never committed.
        if (_dirty && !Content.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            var document = HeaderDocument.Read(Content);
            _session.Commit(header => header.WithDocument(document), Owner, isAccepted: true);
            _dirty = false;
        }
    }

    private void Stage(int offset, ReadOnlySpan<byte> data)
    {
        // At offset 0 a document replaces the document, however long that was: editors write in place.
        var end = offset + data.Length;
        var length = offset == 0 ? end : Math.Max(end, _length);
        if (length > _text.Length || offset < _length)
        {
            // What is overwritten may have to come back. Room in advance: a long document comes in many pieces.
            var text = new byte[Math.Min(_limit, 2 * length)];
            _text.AsSpan(0, offset == 0 ? 0 : _length).CopyTo(text);
            _text = text;
        }

        data.CopyTo(_text.AsSpan(offset));
        _length = length;
        _dirty |= data.Length > 0;
    }

    // What can be known of a piece: whether it can go on to be a document, and whether the image takes changes at all.
    private void Validate(int changedFrom)
    {
        _prefix.ForgetFrom(changedFrom);
        var document = _prefix.IsComplete(Content.Span) ? HeaderDocument.Read(Content) : null;
        _session.Validate(header => document is null ? header : header.WithDocument(document), Owner);
    }

    /// <summary>The start of a JSON text, read on as pieces arrive, so that each byte is looked at once.</summary>
    private sealed class JsonPrefix
    {
        private JsonReaderState _state;
        private int _consumed;
        private bool _isComplete;

        /// <summary>Bytes from there on have changed.</summary>
        public void ForgetFrom(int offset)
        {
            if (offset < _consumed)
            {
                (_state, _consumed, _isComplete) = (default, 0, false);
            }
        }

        /// <summary>Whether the text is a whole value.</summary>
        /// <exception cref="TreeException">It is not JSON, and nothing that follows can make it so.</exception>
        public bool IsComplete(ReadOnlySpan<byte> text)
        {
            var reader = new Utf8JsonReader(text[_consumed..], isFinalBlock: false, _state);
            try
            {
                while (reader.Read())
                {
                    _isComplete = reader.CurrentDepth == 0
                        && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);
                }
            }
            catch (JsonException e)
            {
                throw new TreeException(Errno.EINVAL, HeaderDocument.Describe(e));
            }

            _state = reader.CurrentState;
            _consumed += (int)reader.BytesConsumed;
            return _isComplete;
        }
    }
}
