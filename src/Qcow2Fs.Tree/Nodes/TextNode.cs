using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>The value that a text file shows, without the newline; null while it does not exist.</summary>
internal delegate byte[]? ShowText(Header header);

/// <summary>The header with the value that the text says; the text has no trailing newline.</summary>
internal delegate Header StoreText(Header header, ReadOnlySpan<byte> text);

/// <summary>A text file: one value and a newline. A value is judged and committed in the write that brings it.</summary>
internal sealed class TextNode(string name, ShowText show, StoreText store) : FileNode(name)
{
    /// <summary>What creating the file does to the header; identity where it comes to exist with its first text.</summary>
    public Func<Header, Header>? CreateEdit { get; init; }

    /// <summary>What removing the file does to the header.</summary>
    public Func<Header, Header>? RemoveEdit { get; init; }

    /// <summary>What it is, where that depends on the header.</summary>
    public Func<Header, string>? Describe { get; init; }

    /// <summary>A second text node that this one can be renamed to: remove there, create here.</summary>
    public bool CanRename { get; init; }

    internal override bool IsWritable => true;

    internal override string SummaryIn(Header header) => Describe?.Invoke(header) ?? Summary;

    internal override bool Exists(ImageView view, Header header) => view.Render(this, header) is not null;

    internal override long Size(ImageView view) => view.Render(this, view.Header)?.Length ?? 0;

    /// <summary>The content with its newline.</summary>
    internal override byte[]? Content(Header header) => show(header) is { } value ? [.. value, (byte)'\n'] : null;

    internal Header Store(Header header, ReadOnlySpan<byte> text) => store(header, text);

    internal override FileHandle Open(ImageView view, bool write, bool truncate) =>
        new TextHandle(view, this, view.Render(this, view.Header), truncate);

    // With a value that makes it exist there is no need to create it first: one commit.
    internal override void Replace(ImageView view, ReadOnlySpan<byte> data, bool exists) =>
        base.Replace(view, data, exists || (CreateEdit is not null && data is not ([] or [(byte)'\n'])));

    internal override void Create(ImageView view)
    {
        if (CreateEdit is null)
        {
            throw view.Refuse(Errno.EINVAL, $"this header has no {Name}: its version or its length does not reach that far");
        }

        view.Change(CreateEdit);
    }

    internal override void Remove(ImageView view)
    {
        if (RemoveEdit is null)
        {
            throw view.Refuse(Errno.EPERM, $"{Name} is a fixed part of the header, it cannot be removed");
        }

        view.Change(RemoveEdit);
    }

    // A shell's > truncates before it writes the value, so a truncated text means nothing until there is a new one.
    internal override void Truncate(ImageView view, long length)
    {
    }

    internal override string? WhyNotWhole(ImageView view, ReadOnlySpan<byte> data) =>
        data is [] or [(byte)'\n'] ? $"{Name}: an empty text is no value" : null;

    /// <summary>What a text says: all of it but one trailing newline.</summary>
    internal static ReadOnlyMemory<byte> Value(ReadOnlyMemory<byte> text) => text.Span is [.., (byte)'\n'] ? text[..^1] : text;

    internal override void Rename(ImageView view, FileNode target)
    {
        if (!CanRename || target is not TextNode { CanRename: true, CreateEdit: { } create } || RemoveEdit is not { } remove)
        {
            base.Rename(view, target);
            return;
        }

        view.Change(header => create(remove(header)));
    }
}
