namespace Qcow2Fs.Image;

/// <summary>
/// The directory in which an image's name is looked up: one that is kept open, or one below a folder, which is opened for each operation so
/// that ten thousand images hold no descriptors.
/// </summary>
/// <param name="root">The directory that is closed with this object; or the folder, which the caller keeps open and closes.</param>
/// <param name="path">Where the directory is below the folder, "." for the folder itself; null for the root.</param>
internal sealed class ParentDirectory(FileDescriptor root, NativeName? path = null) : IDisposable
{

    /// <summary>The directory, for one operation.</summary>
    public Errno Open(out Opened directory)
    {
        if (path is not { } below)
        {
            directory = new(root, isOwned: false);
            return 0;
        }

        var error = root.OpenBelow(below, OpenMode.Directory, out var opened);
        directory = new(opened, isOwned: error == 0);
        return error;
    }

    public void Dispose()
    {
        if (path is null)
        {
            root.Dispose();
        }
    }

    /// <summary>A directory during an operation.</summary>
    internal readonly struct Opened(FileDescriptor directory, bool isOwned) : IDisposable
    {
        public FileDescriptor Directory => directory;

        public void Dispose()
        {
            if (isOwned)
            {
                directory.Dispose();
            }
        }
    }
}
