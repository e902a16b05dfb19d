using Mono.Unix.Native;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Handles;

/// <summary>
/// A text file. Each write is judged and committed at once, because shells show the errors of write and drop those of
/// close. The value is the whole text written through this handle so far, without one trailing newline.
/// </summary>
internal sealed class TextHandle : FileHandle
{
    // No value is longer than a name of 1023 bytes; more only costs memory before it is refused.
    private const int MaxText = 64 << 10;

    private readonly ImageView _view;
    private readonly TextNode _node;
    private byte[] _text;

    /// <param name="view">The view.</param>
    /// <param name="node">The file.</param>
    /// <param name="content">What it holds; null if it does not exist yet.</param>
    /// <param name="truncate">With O_TRUNC.</param>
    public TextHandle(ImageView view, TextNode node, byte[]? content, bool truncate)
    {
        (_view, _node, _text) = (view, node, truncate ? [] : content ?? []);
        view.OpenHandles.Opened(node, this, isNew: content is null);
    }

    public override ReadOnlyMemory<byte> Content => _text;

    public override void Write(long offset, ReadOnlySpan<byte> data, bool append)
    {
        offset = append ? _text.Length : offset;
        if (offset > _text.Length || offset + data.Length > MaxText)
        {
            throw _view.Refuse(Errno.EINVAL, $"{_node.Name}: a text is written from its start, without holes, and has at most {MaxText} bytes");
        }

        // At offset 0 a value replaces the value, however long that was (as in sysfs): else 3 over 65536 would be 35536.
        var end = (int)offset + data.Length;
        byte[] text = offset == 0 || end >= _text.Length
            ? [.. _text.AsSpan(0, (int)offset), .. data]
            : [.. _text.AsSpan(0, (int)offset), .. data, .. _text.AsSpan(end)];

        // An empty line says nothing: it comes from echo > f, from printf in pieces, from an editor's last newline.
        if (data is not ([] or [(byte)'\n']))
        {
            _view.Change(header => _node.Store(header, TextNode.Value(text).Span));
            _view.OpenHandles.Created(_node);
        }

        _text = text;
    }

    /// <summary>Changes the text that is being composed, never the value.</summary>
    public override void Truncate(long length)
    {
        if (length < _text.Length)
        {
            _text = _text[..(int)length];
        }
    }

    public override void Release() => _view.OpenHandles.Released(_node, this);
}
