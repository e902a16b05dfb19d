namespace Qcow2Fs.Tree.Nodes;

/// <summary>A file that can be read and not written; its content is null while it does not exist.</summary>
internal sealed class ReadOnlyNode(string name, Func<ReadView, ReadOnlyMemory<byte>?> content) : FileNode(name)
{
    /// <summary>Whether it exists, where that is cheaper to know than its content; always if the image need not be asked.</summary>
    public Func<ReadView, bool>? IsThere { get; init; }

    /// <summary>Its length, where that is cheaper to know than its content.</summary>
    public Func<ReadView, long>? Length { get; init; }

    /// <summary>What removing it does; null if it cannot be removed.</summary>
    public Action<ReadView>? OnRemove { get; init; }

    /// <summary>Why it cannot be written, where there is more to it.</summary>
    public Func<ReadView, TreeException>? WhyReadOnly { get; init; }

    /// <summary>Whether it exists in every image.</summary>
    public bool IsState { get; init; }

    internal override bool IsWritable => false;

    internal override bool IsAlwaysThere => IsState;

    internal override bool Exists(ReadView view) => IsState || (IsThere?.Invoke(view) ?? content(view) is not null);

    internal override long Size(ReadView view) => Length?.Invoke(view) ?? content(view)?.Length ?? 0;

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate) => write
        ? throw WhyReadOnly?.Invoke(view) ?? new TreeException(Errno.EACCES, "is read-only")
        : new ReadOnlyHandle(view.Session.Guard, path, content(view) ?? default);

    internal override void Remove(ReadView view) => (OnRemove ?? base.Remove)(view);
}
