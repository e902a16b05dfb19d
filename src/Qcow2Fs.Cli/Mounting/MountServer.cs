using System.Runtime.InteropServices;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Fuse;
using Qcow2Fs.Image;
using Qcow2Fs.Image.Folders;
using Qcow2Fs.View;
using Qcow2Fs.View.Folders;

namespace Qcow2Fs.Cli.Mounting;

/// <summary>A mounted image or folder of images, from the mount to its end by a signal or from outside.</summary>
internal sealed class MountServer : IDisposable
{
    // QUIT too: its default action would end the process and leave a dead mount.
    private static readonly PosixSignal[] s_endings = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    private readonly IDisposable _source;
    private readonly IFuseMount _mount;
    private readonly PosixSignalRegistration[] _signals;

    private MountServer(IDisposable source, IFuseMount mount)
    {
        (_source, _mount) = (source, mount);
        _signals = Array.ConvertAll(s_endings, signal => PosixSignalRegistration.Create(signal, End));
    }

    public string MountPoint => _mount.MountPoint;

    public static MountServer Start(string path, string mountPoint, MountWords words)
    {
        IDisposable? source = null;
        try
        {
            ITree tree;
            (source, tree) = Directory.Exists(path) ? OpenFolder(path, mountPoint) : OpenImage(path, words.Force);
            var files = new TreeFileSystem(tree);
            var mount = Mount(mountPoint, files, words.Fuse);
            files.MountPoint = mount.MountPoint;
            return new(source, mount);
        }
        catch
        {
            source?.Dispose();
            throw;
        }
    }

    public void Wait() => _mount.WaitForUnmountAsync().GetAwaiter().GetResult();

    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        _mount.Dispose();
        _source.Dispose();
    }

    private static (IDisposable Source, ITree Tree) OpenImage(string path, bool force)
    {
        var image = ImageFile.At(path);
        var header = image.ReadHeader();
        return header.HasMagic || force
            ? (image, new ImageTree(new ImageView(image)))
            : throw new CommandFailure(
                $"{path} is no qcow2 image (its magic is {NumberText.Format(header[HeaderFields.Magic], FieldStyle.Hex)}); -o force mounts it all the same");
    }

    private static (IDisposable Source, ITree Tree) OpenFolder(string path, string mountPoint)
    {
        var folder = ImageFolder.At(path);
        // Mounted inside of the folder, the mount must not look at itself.
        var inside = Path.GetRelativePath(folder.Path, new DirectoryInfo(mountPoint).ResolveLinkTarget(true)?.FullName ?? Path.GetFullPath(mountPoint));
        var isInside = inside != "." && !inside.StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(inside);
        return (folder, new FolderTree(folder, isInside ? Encoding.UTF8.GetBytes(inside) : []));
    }

    private static IFuseMount Mount(string mountPoint, TreeFileSystem files, MountOptions options)
    {
        try
        {
            return Fuse.Fuse.Mount(mountPoint, files, options);
        }
        catch (FuseException e) when (e.Error == FuseError.DeadMount)
        {
            // One of ours whose process was killed, and its guardian with it: nobody can use it any more.
            Fuse.Fuse.ClearDeadMount(mountPoint);
            return Fuse.Fuse.Mount(mountPoint, files, options);
        }
    }

    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = _mount.UnmountAsync(Timeout.InfiniteTimeSpan);
    }
}
