namespace Qcow2Fs.Tree;

/// <summary>An operation on a tree was refused; nothing has changed. The only exception that leaves a tree or a handle.</summary>
public sealed class TreeException : Exception
{
    internal TreeException(Errno errno, string sentence)
        : this(errno, "", sentence)
    {
    }

    internal TreeException(Errno errno, string path, string sentence)
        : base(path.Length == 0 ? sentence : $"{path}: {sentence}") => (Errno, Path, Sentence) = (errno, path, sentence);

    /// <summary>What a file system answers.</summary>
    public Errno Errno { get; }

    /// <summary>The path in the tree that the refusal is about; empty for the root, and until the boundary fills it in.</summary>
    public string Path { get; }

    /// <summary>Why, as one sentence without a trailing period. <see cref="Exception.Message"/> starts with the path.</summary>
    public string Sentence { get; }
}
