using Qcow2Fs.Tree.Folders;

namespace Qcow2Fs.Cli.Mount;

/// <summary>A mounted image or folder of images, from the mount to its end by a signal or from outside.</summary>
internal sealed class MountServer : IDisposable
{
    // QUIT too: its default action would end the process and leave a dead mount.
    private static readonly PosixSignal[] s_endings = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    // Time for the operation that is being served, and for the thread that an abort may have freed.
    private static readonly TimeSpan s_graceTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_abortTime = TimeSpan.FromMilliseconds(500);

    private readonly IDisposable _source;
    private readonly IFuseMount _mount;
    private readonly PosixSignalRegistration[] _signals;

    private MountServer(IDisposable source, IFuseMount mount)
    {
        (_source, _mount) = (source, mount);
        _signals = Array.ConvertAll(s_endings, signal => PosixSignalRegistration.Create(signal, End));
    }

    public string MountPoint => _mount.MountPoint;

    public static MountServer Start(string path, string mountPoint, MountOptionParser options)
    {
        IDisposable source = ImageFolder.IsFolder(path) ? ImageFolder.At(path) : ImageFile.At(path);
        try
        {
            ITree tree = source is ImageFolder folder ? new FolderTree(folder) : TreeOf((ImageFile)source, path, options.Force);
            return new(source, Mount(mountPoint, new TreeFileSystem(tree), options.Fuse));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public void Wait() => _mount.WaitForUnmountAsync().GetAwaiter().GetResult();

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        _mount.Dispose();
        _source.Dispose();
    }

    private static ImageTree TreeOf(ImageFile image, string path, bool force)
    {
        var header = image.ReadHeader();
        return header.HasMagic || force
            ? new(image)
            : throw OpenImage.NotAnImage(path, header, "-o force mounts it all the same");
    }

    private static IFuseMount Mount(string mountPoint, TreeFileSystem files, MountOptions options)
    {
        try
        {
            return Fuse.Mount(mountPoint, files, options);
        }
        catch (FuseException e) when (e.Error == FuseError.DeadMount)
        {
            // A mount of this program whose process and watchdog were killed.
            Fuse.ClearDeadMount(mountPoint);
            return Fuse.Mount(mountPoint, files, options);
        }
    }

    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = EndAsync();
    }

    // The serving thread may be in a system call that never returns, such as a read of an image on a network file system.
    private async Task EndAsync()
    {
        if (await _mount.UnmountAsync(s_graceTime))
        {
            return;
        }

        try
        {
            _mount.Abort();
        }
        finally
        {
            if (!await _mount.UnmountAsync(s_abortTime))
            {
                Environment.Exit(ExitCode.Refused);
            }
        }
    }
}
