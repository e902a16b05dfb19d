namespace Qcow2Fs.Tree.Nodes;

/// <summary>The value that a text file shows, without the newline; null while it does not exist.</summary>
internal delegate byte[]? ShowText(Header header);

/// <summary>
/// The edit that sets the value of a text, which has no trailing newline. What is wrong with the text itself is refused here, before
/// any lock is taken; the edit is a pure function of the header.
/// </summary>
internal delegate Func<Header, Header> ParseText(ReadOnlySpan<byte> text);

/// <summary>A text file: one value and a newline. A value is parsed and committed in the write that brings it.</summary>
internal sealed class AttributeNode(string name, ShowText show, ParseText parse) : FileNode(name)
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

    internal override bool Exists(ReadView view) => view.Render(this) is not null;

    internal override long Size(ReadView view) => view.Render(this)?.Length ?? 0;

    internal override byte[]? Content(Header header) => show(header) is { } value ? [.. value, (byte)'\n'] : null;

    /// <summary>The edit that a text asks for; one trailing newline does not count.</summary>
    internal Func<Header, Header> Parse(ReadOnlySpan<byte> text) => parse(text is [.., (byte)'\n'] ? text[..^1] : text);

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) =>
        new AttributeHandle(view, path, this, view.Render(this), truncate);

    // With a value that makes it exist there is no need to create it first: one commit.
    internal override void Replace(ReadView view, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool exists) =>
        base.Replace(view, path, data, exists || (CreateEdit is not null && !IsEmptyLine(data)));

    internal override void Create(ReadView view) => view.Session.Commit(CreateEdit ?? throw new TreeException(
        Errno.EINVAL, "this header has no such field: its version or its length does not reach that far"));

    internal override void Remove(ReadView view) => view.Session.Commit(RemoveEdit ?? throw new TreeException(
        Errno.EPERM, "a fixed part of the header cannot be removed"));

    // A shell's > truncates before it writes the value, so an empty text changes nothing.
    internal override void Truncate(ReadView view, long length) { }

    // What it holds already, or for a bit without a name: its absence.
    internal override string? WhyNotWhole(ReadView view, ReadOnlySpan<byte> data) =>
        !IsEmptyLine(data) || (view.Render(this) is { } content ? data.SequenceEqual(content) : CanRename)
            ? null
            : "an empty text is no value";

    internal override void Rename(ReadView view, FileNode target, ReadOnlySpan<byte> path) => view.Session.Commit(
        CanRename && target is AttributeNode { CanRename: true, CreateEdit: { } create } && RemoveEdit is { } remove
            ? header => create(remove(header))
            : throw RefuseRename(target));

    /// <summary>Whether a text has no value: echo, printf in pieces and editors write such.</summary>
    internal static bool IsEmptyLine(ReadOnlySpan<byte> text) => text is [] or [(byte)'\n'];
}
