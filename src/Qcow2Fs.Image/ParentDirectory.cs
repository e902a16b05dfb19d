namespace Qcow2Fs.Image;

/// <summary>
/// The directory in which an image's name is looked up: one that is kept open, or one below a folder, which is opened for each operation so
/// that ten thousand images hold no descriptors.
/// </summary>
internal sealed class ParentDirectory : IDisposable
{
    private readonly FileDescriptor _root;
    private readonly NativeName? _below;

    private ParentDirectory(FileDescriptor root, NativeName? below) => (_root, _below) = (root, below);

    /// <summary>A directory that is kept open, and closed with this object.</summary>
    public static ParentDirectory Held(FileDescriptor directory) => new(directory, null);

    /// <summary>A directory below a folder, which the caller keeps open and closes.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="below">"." for the folder itself.</param>
    public static ParentDirectory Below(FileDescriptor folder, NativeName below) => new(folder, below);

    /// <summary>The directory, for one operation.</summary>
    public Errno Open(out Opened directory)
    {
        if (_below is not { } below)
        {
            directory = new(_root, isOwned: false);
            return 0;
        }

        var error = _root.OpenBelow(below, OpenMode.Directory, out var opened);
        directory = new(opened, isOwned: error == 0);
        return error;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_below is null)
        {
            _root.Dispose();
        }
    }

    /// <summary>A directory during an operation.</summary>
    internal readonly struct Opened(FileDescriptor directory, bool isOwned) : IDisposable
    {
        public FileDescriptor Directory => directory;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (isOwned)
            {
                directory.Dispose();
            }
        }
    }
}
