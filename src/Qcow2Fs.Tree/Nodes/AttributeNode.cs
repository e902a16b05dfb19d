namespace Qcow2Fs.Tree.Nodes;

/// <summary>The value that a text file shows, without the newline; null while it does not exist.</summary>
internal delegate byte[]? ShowText(Header header);

/// <summary>
/// The edit that sets the value of a text, which has no trailing newline. What is wrong with the text itself is refused here, before
/// any lock is taken; the edit is a pure function of the header.
/// </summary>
internal delegate Func<Header, Header> ParseText(ReadOnlySpan<byte> text);

/// <summary>A text file that is made of the header.</summary>
internal sealed class AttributeNode(string name, ShowText show, ParseText parse) : TextNode(name)
{
    /// <summary>How to set a value of bytes: what is wrong with the text is refused first, then the edit gets it as it is.</summary>
    public static ParseText ParseBytes(Action<ReadOnlySpan<byte>> require, Func<Header, byte[], Header> edit) => text =>
    {
        require(text);
        var value = text.ToArray();
        return header => edit(header, value);
    };

    /// <summary>What creating the file does to the header; null if it cannot be created.</summary>
    public Func<Header, Header>? CreateEdit { get; init; }

    /// <summary>What removing the file does to the header; null if it cannot be removed.</summary>
    public Func<Header, Header>? RemoveEdit { get; init; }

    /// <summary>What it is, where that depends on the header.</summary>
    public Func<Header, string>? Describe { get; init; }

    /// <summary>Whether rename(2) between two such files means remove and create.</summary>
    public bool CanRename { get; init; }

    internal override string SummaryIn(ReadView view) => Describe?.Invoke(view.Header) ?? Summary;

    private protected override bool CanCreate => CreateEdit is not null;

    private protected override bool MayBeEmpty => CanRename;

    internal override byte[]? Content(Header header) => show(header) is { } value ? [.. value, (byte)'\n'] : null;

    internal override byte[]? Text(ReadView view) => view.Render(this);

    internal override void SetText(ImageSession session, ReadOnlySpan<byte> text, ImageStatus? owner) =>
        session.Commit(parse(ValueOf(text)), owner);

    internal override void Create(ReadView view) => view.Session.Commit(CreateEdit ?? throw new TreeException(
        Errno.EINVAL, "this header has no such field: its version or its length does not reach that far"));

    internal override void Remove(ReadView view) => view.Session.Commit(RemoveEdit ?? throw new TreeException(
        Errno.EPERM, "a fixed part of the header cannot be removed"));

    internal override void Rename(ReadView view, FileNode target, ReadOnlySpan<byte> path) => view.Session.Commit(
        CanRename && target is AttributeNode { CanRename: true, CreateEdit: { } create } && RemoveEdit is { } remove
            ? header => create(remove(header))
            : throw RefuseRename(target));
}
