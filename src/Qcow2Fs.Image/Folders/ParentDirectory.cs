using Mono.Unix.Native;
using Posix;
using Qcow2Fs.Image.Native;

namespace Qcow2Fs.Image.Folders;

/// <summary>
/// Where an image's name is looked up: in a directory that is kept open, or in one below a folder, which is opened for each
/// operation so that ten thousand images hold no descriptors.
/// </summary>
internal sealed class ParentDirectory : IDisposable
{
    private readonly FileDescriptor _root;
    private readonly NativeName? _below;
    private readonly bool _ownsRoot;

    private ParentDirectory(FileDescriptor root, NativeName? below, bool ownsRoot) => (_root, _below, _ownsRoot) = (root, below, ownsRoot);

    /// <summary>A directory that is kept open, and closed with this.</summary>
    public static ParentDirectory Held(FileDescriptor directory) => new(directory, null, ownsRoot: true);

    /// <summary>A directory below a folder, which stays the caller's.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="below">"." for the folder itself.</param>
    public static ParentDirectory Below(FileDescriptor folder, NativeName below) => new(folder, below, ownsRoot: false);

    /// <summary>The directory, for one operation.</summary>
    public Errno Open(out Opened directory)
    {
        if (_below is not { } below)
        {
            directory = new(_root, isOwned: false);
            return 0;
        }

        var error = FileDescriptor.OpenBelow(_root.Descriptor, below, OpenMode.Directory, out var opened);
        directory = new(opened, isOwned: error == 0);
        return error;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsRoot)
        {
            _root.Dispose();
        }
    }

    /// <summary>A directory during an operation.</summary>
    internal readonly struct Opened(FileDescriptor handle, bool isOwned) : IDisposable
    {
        public int Descriptor => handle.Descriptor;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (isOwned)
            {
                handle.Dispose();
            }
        }
    }
}
