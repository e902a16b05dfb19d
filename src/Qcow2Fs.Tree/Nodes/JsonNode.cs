using System.Text.Json;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The whole header as a JSON document; writing one applies all of it in one commit.</summary>
internal sealed class JsonNode(string name) : FileNode(name)
{
    internal override bool IsAlwaysThere => true;

    internal override long Size(ReadView view) => view.Render(this)!.Length;

    internal override byte[] Content(Header header) => HeaderDocument.Write(header);

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => write
        ? new JsonHandle(view, path, truncate ? default : view.Render(this)!)
        : new ReadOnlyHandle(view.Session.Guard, path, view.Render(this)!);

    // A shell's > truncates before it writes the document.
    internal override void Truncate(ReadView view, long length) { }
}

/// <summary>
/// header.json. A document comes in pieces: they are staged, tried as soon as they are a document, and committed as one
/// update when a descriptor is closed.
/// </summary>
internal sealed class JsonHandle(ReadView view, ReadOnlySpan<byte> path, ReadOnlyMemory<byte> content)
    : FileHandle(view.Session.Guard, path)
{
    private readonly ImageSession _session = view.Session;
    private readonly int _limit = HeaderDocument.MaxLength(view.Header.ClusterSize);
    private readonly JsonPrefix _prefix = new();
    private KeptBytes _text = KeptBytes.Share(content);
    private bool _isShared = true;
    private bool _dirty;

    private protected override KeptBytes Kept => _text;

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
    {
        if (offset > _text.Length || offset + data.Length > _limit)
        {
            throw new TreeException(Errno.EINVAL, $"a document is written from its start, without holes, and has at most {_limit} bytes");
        }

        // At offset 0 a document replaces the document, however long that was: editors write in place.
        var before = (_text, _isShared, _dirty);
        var overwritten = _text.Length;
        byte[] old = [];
        if (offset == 0 || _isShared)
        {
            (_text, _isShared) = (new(offset == 0 ? [] : _text.ToArray()), false);
        }
        else if (offset < overwritten)
        {
            old = _text.ToArray((int)offset);
        }

        _text.Write((int)offset, data);
        _dirty |= data.Length > 0;
        try
        {
            Validate((int)offset);
        }
        catch (Exception e) when (Guard.IsRefusal(e))
        {
            if (_text == before._text)
            {
                _text.Truncate(overwritten);
                _text.Write((int)offset, old);
            }
            else
            {
                _text.Release();
            }

            (_text, _isShared, _dirty) = before;
            _prefix.ForgetFrom(0);
            throw;
        }

        if (_text != before._text)
        {
            before._text.Release();
        }
    }

    // Changes the document that is being composed, never the header.
    private protected override void OnTruncate(long length)
    {
        if (length < _text.Length)
        {
            var text = new KeptBytes(_text.ToArray().AsSpan(0, (int)length));
            _text.Release();
            (_text, _isShared) = (text, false);
            _prefix.ForgetFrom(_text.Length);
        }
    }

    private protected override bool CommitsPieces => false;

    private protected override void OnCommit(bool withTruncation)
    {
        // An empty document changes nothing, so a truncation alone is never committed.
        if (_dirty && _text.ToArray() is var text && !text.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            var document = HeaderDocument.Read(text);
            _session.Commit(header => header.WithDocument(document), Owner, isAccepted: true);
            _dirty = false;
        }
    }

    private protected override void OnRelease() => _text.Release();

    // What can be known of a piece: whether it can go on to be a document, and whether the image takes changes at all.
    private void Validate(int changedFrom)
    {
        _prefix.ForgetFrom(changedFrom);
        var document = _prefix.IsComplete(_text) ? HeaderDocument.Read(_text.ToArray()) : null;
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
        public bool IsComplete(KeptBytes text)
        {
            var reader = new Utf8JsonReader(text.ToArray(_consumed), isFinalBlock: false, _state);
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
