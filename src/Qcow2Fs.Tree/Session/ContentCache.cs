namespace Qcow2Fs.Tree.Session;

/// <summary>
/// A value made from the image's content, kept while the file is unchanged. The rule: device, inode, size, mtime and ctime are
/// the same, and had settled when the content was read, since a write within the same tick of the file system's clock
/// leaves no trace. A block device never settles. Within one operation the value always holds.
/// </summary>
internal sealed class ContentCache<T>
    where T : class
{
    private ReadView? _view;
    private T? _value;

    /// <summary>The value for the image as the view has it; made anew if the image may have changed.</summary>
    public T Get(ReadView view, Func<ReadView, T> make)
    {
        if (_value is null || !IsOf(view))
        {
            _value = null;
            _value = make(view);
            _view = view;
        }

        return _value;
    }

    public void Clear() => (_view, _value) = (null, null);

    private bool IsOf(ReadView view) => ReferenceEquals(view, _view) || (_view!.IsSettled && _view.Status.IsUnchanged(view.Status));
}
