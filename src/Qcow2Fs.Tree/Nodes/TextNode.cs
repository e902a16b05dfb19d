namespace Qcow2Fs.Tree.Nodes;

/// <summary>A text file: one value and a newline. A value is parsed and committed in the write that brings it.</summary>
internal abstract class TextNode(string name) : FileNode(name)
{
    /// <summary>The value and a newline; null while the file does not exist.</summary>
    internal abstract byte[]? Text(ReadView view);

    /// <summary>
    /// Sets the value, in one commit. What is wrong with the text itself is refused before any lock is taken. One trailing newline does not
    /// count.
    /// </summary>
    internal abstract void SetText(ImageSession session, ReadOnlySpan<byte> text, ImageStatus? owner);

    /// <summary>Whether a value creates the file.</summary>
    private protected abstract bool CanCreate { get; }

    /// <summary>Whether the file exists without a value in some cases, so that an empty text can be its whole content.</summary>
    private protected virtual bool MayBeEmpty => false;

    internal override bool Exists(ReadView view) => Text(view) is not null;

    internal override long Size(ReadView view) => Text(view)?.Length ?? 0;

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) =>
        new AttributeHandle(view, path, this, Text(view), truncate);

    // With a value that makes it exist there is no need to create it first: one commit.
    internal override void Replace(ReadView view, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool exists) =>
        base.Replace(view, path, data, exists || (CanCreate && !IsEmptyLine(data)));

    // A shell's > truncates before it writes the value, so an empty text changes nothing.
    internal override void Truncate(ReadView view, long length) { }

    // What it holds already, or for a bit without a name: its absence.
    internal override string? WhyNotWhole(ReadView view, ReadOnlySpan<byte> data) =>
        !IsEmptyLine(data) || (Text(view) is { } content ? data.SequenceEqual(content) : MayBeEmpty) ? null : "an empty text is no value";

    /// <summary>Whether a text has no value: echo, printf in pieces and editors write such.</summary>
    internal static bool IsEmptyLine(ReadOnlySpan<byte> text) => text is [] or [(byte)'\n'];

    /// <summary>A text without one trailing newline.</summary>
    private protected static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> text) => text is [.., (byte)'\n'] ? text[..^1] : text;
}
