namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// A text file. Each write is parsed and committed at once, because shells show the errors of write and drop those of
/// close. The value is the whole text written through this handle so far, without one trailing newline.
/// </summary>
internal sealed class AttributeHandle : FileHandle
{
    // No value is longer than a name of 1023 bytes; more only costs memory before it is refused.
    private const int MaxText = 64 << 10;

    private readonly ImageSession _session;
    private readonly TextNode _node;
    private byte[] _text;

    /// <summary>A handle of a file with that content; null if it does not exist yet.</summary>
    public AttributeHandle(ReadView view, ReadOnlySpan<byte> path, TextNode node, byte[]? content, bool truncate)
        : base(view.Session.Guard, path)
    {
        _session = view.Session;
        (_node, _text) = (node, truncate ? [] : content ?? []);
        _session.OpenHandles.Opened(node, this, isNew: content is null);
    }

    public override ReadOnlyMemory<byte> Content => _text;

    private protected override void OnWrite(long offset, ReadOnlySpan<byte> data, bool append)
    {
        if (offset > _text.Length || offset + data.Length > MaxText)
        {
            throw new TreeException(Errno.EINVAL, $"a text is written from its start, without holes, and has at most {MaxText} bytes");
        }

        // At offset 0 a value replaces the value, however long that was (as in sysfs): else 3 over 65536 would be 35536.
        var end = (int)offset + data.Length;
        var rest = offset == 0 ? [] : _text.AsSpan(Math.Min(end, _text.Length));
        byte[] text = [.. _text.AsSpan(0, (int)offset), .. data, .. rest];
        if (!TextNode.IsEmptyLine(data))
        {
            _node.SetText(_session, text, Owner);
            _session.OpenHandles.Created(_node);
        }

        _text = text;
    }

    private protected override void OnRelease() => _session.OpenHandles.Released(_node, this);

    // Changes the text that is being composed, never the value.
    private protected override void OnTruncate(long length)
    {
        if (length < _text.Length)
        {
            _text = _text[..(int)length];
        }
    }
}
