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

    private readonly IDisposable[] _sources;
    private readonly IFuseMount _mount;
    private readonly PosixSignalRegistration[] _signals;

    private MountServer(IDisposable[] sources, IFuseMount mount)
    {
        (_sources, _mount) = (sources, mount);
        _signals = Array.ConvertAll(s_endings, signal => PosixSignalRegistration.Create(signal, End));
    }

    public string MountPoint => _mount.MountPoint;

    public static MountServer Start(string path, string mountPoint, MountOptionParser words)
    {
        IDisposable[] sources = [];
        try
        {
            (sources, var tree) = Directory.Exists(path) ? OpenFolder(path) : OpenImage(path, words.Force);
            return new(sources, Mount(mountPoint, new TreeFileSystem(tree), words.Fuse));
        }
        catch
        {
            Array.ForEach(sources, source => source.Dispose());
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
        Array.ForEach(_sources, source => source.Dispose());
    }

    private static (IDisposable[] Sources, ITree Tree) OpenImage(string path, bool force)
    {
        var image = ImageFile.At(path);
        var header = image.ReadHeader();
        return header.HasMagic || force
            ? ([image], new ImageTree(image))
            : throw new CommandFailure(
                $"{path} is no qcow2 image (its magic is {NumberText.Format(header[HeaderFields.Magic], FieldStyle.Hex)}); "
                + "-o force mounts it all the same");
    }

    private static (IDisposable[] Sources, ITree Tree) OpenFolder(string path)
    {
        var folder = ImageFolder.At(path);
        return ([folder], new FolderTree(folder));
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
